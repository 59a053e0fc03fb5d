/* The queue, the lease and the publication of understudy, for two processes that share a store and two zones.
 *
 * docs/model.md says what is proven and how the words here are those of lua/understudy/sync. spec/model/model_spec.lua
 * searches all orders of its steps, and those of models with a mistake in them, one for each of
 *   NO_FENCE      the store does not ask for the token of who publishes
 *   NO_BASE       nor for what the publication was made on
 *   TRUST_EVENT   what an event says is published, in place of what the source says
 *   BELIEVE_OLD   what the source says is published though it is older
 *   CLEAR_LATE    an event that comes during a pull is taken for one that the pull has seen
 *   NO_START      who takes over a zone does not look at it
 *   KEEP_TO_ITSELF  events are not passed on to the process that has the zone
 *   RECORD_FIRST  a delivery is written down before the secondary serves it
 *   NO_REFRESH    nobody looks without an event
 * and with NO_LOSS: no event, notification or process is lost. The numbers below bound the search.
 */

#ifndef ZONES
#define ZONES 2
#endif
#ifndef EDITS
#define EDITS 2      /* of each zone by its owner */
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 2  /* of zones whose worker lives but was silent for too long */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef STALE
#define STALE 1      /* reads that a replica answers which lags */
#endif
#ifndef LOST
#define LOST 1       /* notifications that do not reach the secondary */
#endif
#define WORKERS 2
#define NOBODY WORKERS

#define OTHER(w) (1 - (w))

/* Of tokens, which grow with each claim, only whether it is the newest makes a difference. */
#define NONE 0
#define NEWEST 1
#define OLD 2

#define IDLE 0
#define TAKEN 1      /* the worker has the zone from the queue and has not read the source yet */
#define READ 2       /* it has read it and has not published yet */

/* The world. A version is the number of edits that led to it. */
byte source[ZONES];
byte secondary[ZONES];
byte events[ZONES];             /* under way; two are as good as many */
byte takeovers = TAKEOVERS, crashes = CRASHES, stale_reads = STALE, losses = LOST;

/* The store. */
byte published[ZONES];
byte owner[ZONES] = NOBODY;
bool posted[ZONES];             /* an event was passed on to the process that has the zone */

/* What each process has in memory: W(w, z) is the place of a zone of a process. */
#define W(w, z) ((w) * ZONES + (z))
byte mine[WORKERS * ZONES];     /* the token by which it believes to have the zone */
bool dirty[WORKERS * ZONES];    /* the zone waits in the queue */
byte phase[WORKERS * ZONES];
byte have[WORKERS * ZONES];     /* what was read of the source */
byte known[WORKERS * ZONES];    /* what it believes to be published, and serves */
bool behind[WORKERS * ZONES];   /* the store has to be asked again before the next run */
#ifdef RECORD_FIRST
byte delivered[ZONES];          /* what the store says of the secondary */
bool to_tell[WORKERS * ZONES];
#endif

inline forget(w, z) {
  mine[W(w, z)] = NONE; dirty[W(w, z)] = false; phase[W(w, z)] = IDLE; have[W(w, z)] = 0; known[W(w, z)] = 0;
  behind[W(w, z)] = false
#ifdef RECORD_FIRST
  ; to_tell[W(w, z)] = false
#endif
}

inline pass_on(z) {
#ifndef KEEP_TO_ITSELF
  posted[z] = true
#else
  skip
#endif
}

/* The claim of a zone that nobody has, or whose worker was silent for too long: it may live, and does not know. */
inline claim(w, z) {
  if
  :: owner[z] == NOBODY
  :: owner[z] != NOBODY -> takeovers--
  fi;
  owner[z] = w;
  if
  :: mine[W(OTHER(w), z)] == NEWEST -> mine[W(OTHER(w), z)] = OLD
  :: else
  fi;
  mine[W(w, z)] = NEWEST;
  if
  :: phase[W(w, z)] == IDLE -> known[W(w, z)] = published[z]
  :: else -> behind[W(w, z)] = true   /* it has come back to a process that still works at it */
  fi;
#ifndef NO_START
  dirty[W(w, z)] = true
#endif
}

/* The one transaction of a publication. */
inline publish(w, z) {
  if
#ifndef BELIEVE_OLD
  :: have[W(w, z)] < known[W(w, z)] -> dirty[W(w, z)] = true              /* a replica that lags: look again */
#endif
  :: have[W(w, z)] == known[W(w, z)] -> skip                              /* no new content: no publication */
#ifdef BELIEVE_OLD
  :: have[W(w, z)] != known[W(w, z)]
#else
  :: have[W(w, z)] > known[W(w, z)]
#endif
    ->
    if
#ifndef NO_FENCE
    :: mine[W(w, z)] != NEWEST -> pass_on(z)
    :: mine[W(w, z)] == NEWEST
#else
    :: true
#endif
      ->
      if
#ifndef NO_BASE
      :: known[W(w, z)] != published[z] -> known[W(w, z)] = published[z]; dirty[W(w, z)] = true
      :: known[W(w, z)] == published[z]
#else
      :: true
#endif
        ->
        assert(mine[W(w, z)] == NEWEST);        /* only who has the zone publishes */
        assert(have[W(w, z)] > published[z]);     /* older never replaces newer, and the content is another */
        assert(have[W(w, z)] <= source[z]);       /* it was the source's */
        published[z] = have[W(w, z)]; known[W(w, z)] = published[z]
      fi
    fi
  fi;
  phase[W(w, z)] = IDLE; have[W(w, z)] = 0
#ifdef CLEAR_LATE
  ; dirty[W(w, z)] = false
#endif
}

/* The secondary transfers what the process serves, if that is newer; or hears nothing of it. */
inline notify(w, z) {
  if
  :: losses > 0 -> losses--
  :: secondary[z] < known[W(w, z)] -> secondary[z] = known[W(w, z)]
  fi
}

#define HELD(w, z) (mine[W(w, z)] != NONE)

proctype zone_of(byte w; byte z) {
#ifdef TRUST_EVENT
  byte any;
#endif
end:
  do
  /* A word of life: the process learns that another has the zone, and passes on what it had to do. */
  :: atomic { HELD(w, z) && owner[z] != w && phase[W(w, z)] == IDLE ->
      if
      :: dirty[W(w, z)] -> pass_on(z)
      :: else
      fi;
      mine[W(w, z)] = NONE; dirty[W(w, z)] = false; known[W(w, z)] = 0; behind[W(w, z)] = false }

  :: atomic { owner[z] != w && (owner[z] == NOBODY || takeovers > 0) -> claim(w, z) }

  :: atomic { HELD(w, z) && dirty[W(w, z)] && phase[W(w, z)] == IDLE ->
#ifndef CLEAR_LATE
      dirty[W(w, z)] = false;
#endif
      if
      :: behind[W(w, z)] -> known[W(w, z)] = published[z]; behind[W(w, z)] = false
      :: else
      fi;
      phase[W(w, z)] = TAKEN }

  :: atomic { phase[W(w, z)] == TAKEN ->
#ifndef TRUST_EVENT
      if
      :: have[W(w, z)] = source[z]
      :: stale_reads > 0 && source[z] > 0 -> stale_reads--; have[W(w, z)] = source[z] - 1
      fi;
#else
      /* Any event that was ever sent may come late. */
      select(any : 0 .. source[z]); have[W(w, z)] = any; any = 0;
#endif
      phase[W(w, z)] = READ }

  :: atomic { phase[W(w, z)] == READ -> publish(w, z) }

  /* Delivery: the secondary is told until it is seen to serve it. */
#ifndef RECORD_FIRST
  :: atomic { HELD(w, z) && secondary[z] < known[W(w, z)] -> notify(w, z) }
#else
  :: atomic { HELD(w, z) && phase[W(w, z)] == IDLE && mine[W(w, z)] == NEWEST &&
      delivered[z] < known[W(w, z)] -> delivered[z] = known[W(w, z)]; to_tell[W(w, z)] = true }
  :: atomic { HELD(w, z) && to_tell[W(w, z)] -> to_tell[W(w, z)] = false;
      if
      :: secondary[z] < known[W(w, z)] -> notify(w, z)
      :: else
      fi }
#endif

  /* An event that another process passed on. */
  :: atomic { HELD(w, z) && mine[W(w, z)] == NEWEST && posted[z] -> posted[z] = false; dirty[W(w, z)] = true }
  od
}

/* The owner of a zone edits it; what tells of that may be doubled or lost. */
proctype owner_of(byte z) {
end:
  do
  :: atomic { source[z] < EDITS -> source[z]++;
      if
      :: events[z] < 2 -> events[z]++
      :: events[z] = 2
#ifndef NO_LOSS
      :: skip
#endif
      fi }
  od
}

/* Events come to any process, at any time and so in any order. */
proctype event_of(byte z) {
  byte w;
end:
  do
  :: atomic { events[z] > 0 ->
      if
      :: w = 0
      :: w = 1
      fi;
      if
      :: HELD(w, z) -> dirty[W(w, z)] = true
      :: else -> pass_on(z)
      fi;
      events[z]--; w = 0 }
  od
}

/* A process dies between any two of its steps: what it has in memory is gone, and its leases run out. It starts again at
 * once, as one that takes its time does not differ from one that is paused. */
proctype death_of(byte w) {
  byte z;
end:
  do
  :: atomic { crashes > 0 -> crashes--;
      for (z : 0 .. ZONES - 1) {
        forget(w, z);
        if
        :: owner[z] == w -> owner[z] = NOBODY
        :: else
        fi
      };
      z = 0 }
  od
}

init {
  byte w, z;
  atomic {
    for (z : 0 .. ZONES - 1) {
      run owner_of(z); run event_of(z);
      run zone_of(0, z); run zone_of(1, z)
    };
    run death_of(0); run death_of(1);
    w = 0; z = 0
  };
  /* Nothing can go on: faults are over. Now the refresh period ends. */
  atomic {
    timeout -> takeovers = 0; crashes = 0; stale_reads = 0; losses = 0;
#ifndef NO_REFRESH
    for (z : 0 .. ZONES - 1) {
      for (w : 0 .. WORKERS - 1) {
        if
        :: HELD(w, z) -> dirty[W(w, z)] = true
        :: else
        fi
      }
    };
#endif
    w = 0; z = 0
  };
  atomic {
    timeout ->
    for (z : 0 .. ZONES - 1) {
      assert(owner[z] != NOBODY);
      assert(mine[W(owner[z], z)] == NEWEST);  /* one process has each zone, and knows it */
      assert(published[z] == source[z]);         /* nothing was missed */
      assert(secondary[z] == published[z]);      /* and it arrived */
    }
  }
}
