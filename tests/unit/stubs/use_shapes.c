// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of structs, enums and arrays.
#include "messages.h"

#include <if/shapes_defs.h>

static void view_colors(struct view *view, const shapes_color_t *colors, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(*colors); i++)
        view_enum(view, colors[i], 3);
}

static void any_colors(struct test_random *random, shapes_color_t *colors, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(*colors); i++)
        colors[i] = (shapes_color_t)test_random_below(random, 3);
}

#define VIEW_MEMBER(what, member)                                                                  \
    view_##what(view, (const void *)&one->member, sizeof(one->member));
#define ANY_MEMBER(what, member) any_##what(random, (void *)&one->member, sizeof(one->member));

#define STRUCTS(name, type, members)                                                               \
    static void view_##name(struct view *view, const type *all, size_t bytes)                      \
    {                                                                                              \
        for (size_t i = 0; i < bytes / sizeof(type); i++) {                                        \
            const type *one = &all[i];                                                             \
            members(VIEW_MEMBER)                                                                   \
        }                                                                                          \
    }                                                                                              \
    static void any_##name(struct test_random *random, type *all, size_t bytes)                    \
    {                                                                                              \
        for (size_t i = 0; i < bytes / sizeof(type); i++) {                                        \
            type *one = &all[i];                                                                   \
            members(ANY_MEMBER)                                                                    \
        }                                                                                          \
    }

#define POINT(X) X(number, x) X(bools, solid) X(colors, paint) X(bytes, ends)
#define TRIANGLE(X) X(number, kind) X(points, at) X(bools, closed) X(points, middle)
STRUCTS(points, shapes_point_t, POINT)
STRUCTS(triangles, shapes_triangle_t, TRIANGLE)

#define COLOR(name) (VALUE, colors, shapes_color_t, name)
#define SHAPE(name) (VALUE, triangles, shapes_triangle_t, name)
#define PAIR(name) FIXED(bytes, shapes_pair_t, name)
#define POINTS(name, count) LIST(points, shapes_point_t, name, count, 20)

#define shapes_messages(X)                                                                         \
    X(shapes, paint, COLOR(first), PAIR(ends), TRUTH(last))                                        \
    X(shapes, draw, COLOR(paint), SHAPE(shape))                                                    \
    X(shapes, bend, FIXED(points, shapes_corners_t, at), PAIR(ends))                               \
    X(shapes, cloud, POINTS(points, count))                                                        \
    X(shapes, mesh, LIST(triangles, shapes_triangle_t, faces, count, 5), NUMBER(uint8_t, weight),  \
      LIST(bytes, shapes_pair_t, spans, spans_count, 7))
#define shapes_rpcs(X)                                                                             \
    X(shapes, mirror, (SHAPE(shape), COLOR(paint)), (SHAPE(image), TRUTH(same)))                   \
    X(shapes, filter, (POINTS(points, count), COLOR(keep)), (POINTS(kept, kept_count), PAIR(range)))

USE(shapes)
