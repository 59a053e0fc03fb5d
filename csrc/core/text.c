/* text.c: us_text, a string that grows. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "us.h"

enum { FIRST_CAPACITY = 128 };

us_status us_text_reserve(us_text *text, size_t more)
{
    if (text->status != US_OK)
        return text->status;
    if (more < text->capacity - text->length)
        return US_OK; /* there is room, the NUL included */
    if (more >= SIZE_MAX / 2 - text->length)
        return text->status = US_NOMEM;
    size_t capacity = text->capacity > 0 ? text->capacity : FIRST_CAPACITY;
    while (capacity <= text->length + more)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL)
        return text->status = US_NOMEM;
    text->data = data;
    text->capacity = capacity;
    return US_OK;
}

us_status us_text_append(us_text *text, const void *data, size_t length)
{
    us_status status = us_text_reserve(text, length);
    if (status != US_OK)
        return status;
    if (length > 0)
        memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
    return US_OK;
}

us_status us_text_string(us_text *text, const char *string)
{
    return us_text_append(text, string, strlen(string));
}

us_status us_text_format(us_text *text, const char *format, ...)
{
    us_status status = us_text_reserve(text, FIRST_CAPACITY); /* so that most need only one pass */
    while (status == US_OK) {
        size_t room = text->capacity - text->length;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(text->data + text->length, room, format, arguments);
        va_end(arguments);
        if (length < 0)
            return text->status = US_NOMEM;
        if ((size_t)length < room) {
            text->length += (size_t)length;
            return US_OK;
        }
        status = us_text_reserve(text, (size_t)length);
        text->data[text->length] = '\0';
    }
    return status;
}

void us_text_free(us_text *text)
{
    free(text->data);
    *text = (us_text){0};
}
