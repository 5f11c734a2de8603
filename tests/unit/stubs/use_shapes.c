// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of structs, enums and arrays.

#include "use.h"

#include <if/shapes_defs.h>

static void view_point(struct view *view, const shapes_point_t *point)
{
    VIEW(view, point->x);
    view_bool(view, &point->solid);
    view_enum(view, point->paint, 3);
    VIEW(view, point->ends);
}

static void any_point(struct test_random *random, shapes_point_t *point)
{
    point->x = (int32_t)any(random);
    point->solid = any_bool(random);
    point->paint = (shapes_color_t)test_random_below(random, 3);
    any_bytes(random, point->ends, sizeof(point->ends));
}

static void view_corners(struct view *view, const shapes_point_t *at)
{
    for (unsigned i = 0; i < 3; i++)
        view_point(view, &at[i]);
}

static void any_corners(struct test_random *random, shapes_point_t *at)
{
    for (unsigned i = 0; i < 3; i++)
        any_point(random, &at[i]);
}

static void view_triangle(struct view *view, const shapes_triangle_t *triangle)
{
    VIEW(view, triangle->kind);
    view_corners(view, triangle->at);
    view_bool(view, &triangle->closed);
    view_point(view, &triangle->middle);
}

static void any_triangle(struct test_random *random, shapes_triangle_t *triangle)
{
    triangle->kind = (uint8_t)any(random);
    any_corners(random, triangle->at);
    triangle->closed = any_bool(random);
    any_point(random, &triangle->middle);
}

static void view_paint(struct view *view, shapes_shade_t first, shapes_pair_t ends, bool last)
{
    view_begin(view, shapes_paint__msgnum);
    view_enum(view, first, 3);
    view_bytes(view, ends, sizeof(shapes_pair_t));
    view_bool(view, &last);
}

static void on_paint(struct shapes_binding *binding, shapes_shade_t first, shapes_pair_t ends,
                     bool last)
{
    struct view view;
    view_paint(&view, first, ends, last);
    hear(binding->st, &view);
}

static errval_t send_paint(void *binding, struct test_random *random, struct view *view)
{
    shapes_shade_t first = (shapes_shade_t)test_random_below(random, 3);
    shapes_pair_t ends;
    any_bytes(random, ends, sizeof(ends));
    bool last = any_bool(random);
    view_paint(view, first, ends, last);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_paint__tx(binding, NOP_CONT, first, ends, last);
}

static void view_draw(struct view *view, shapes_color_t paint, shapes_triangle_t shape)
{
    view_begin(view, shapes_draw__msgnum);
    view_enum(view, paint, 3);
    view_triangle(view, &shape);
}

static void on_draw(struct shapes_binding *binding, shapes_color_t paint, shapes_triangle_t shape)
{
    struct view view;
    view_draw(&view, paint, shape);
    hear(binding->st, &view);
}

static errval_t send_draw(void *binding, struct test_random *random, struct view *view)
{
    shapes_color_t paint = (shapes_color_t)test_random_below(random, 3);
    shapes_triangle_t shape;
    any_triangle(random, &shape);
    view_draw(view, paint, shape);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_draw__tx(binding, NOP_CONT, paint, shape);
}

static void view_bend(struct view *view, shapes_corners_t at, shapes_pair_t ends)
{
    view_begin(view, shapes_bend__msgnum);
    view_corners(view, at);
    view_bytes(view, ends, sizeof(shapes_pair_t));
}

static void on_bend(struct shapes_binding *binding, shapes_corners_t at, shapes_pair_t ends)
{
    struct view view;
    view_bend(&view, at, ends);
    hear(binding->st, &view);
}

static errval_t send_bend(void *binding, struct test_random *random, struct view *view)
{
    shapes_corners_t at;
    any_corners(random, at);
    shapes_pair_t ends;
    any_bytes(random, ends, sizeof(ends));
    view_bend(view, at, ends);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_bend__tx(binding, NOP_CONT, at, ends);
}

static void view_cloud(struct view *view, const shapes_point_t *points, size_t count)
{
    view_begin(view, shapes_cloud__msgnum);
    view_length(view, count, 20);
    for (size_t i = 0; i < count; i++)
        view_point(view, &points[i]);
}

static void on_cloud(struct shapes_binding *binding, const shapes_point_t *points, size_t count)
{
    struct view view;
    view_cloud(&view, points, count);
    hear(binding->st, &view);
}

static errval_t send_cloud(void *binding, struct test_random *random, struct view *view)
{
    shapes_point_t points[20];
    size_t count = any_length(random, 20);
    for (size_t i = 0; i < count; i++)
        any_point(random, &points[i]);
    view_cloud(view, points, count);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_cloud__tx(binding, NOP_CONT, points, count);
}

static void view_mesh(struct view *view, const shapes_triangle_t *faces, size_t count,
                      uint8_t weight, const shapes_pair_t *spans, size_t spans_count)
{
    view_begin(view, shapes_mesh__msgnum);
    view_length(view, count, 5);
    for (size_t i = 0; i < count; i++)
        view_triangle(view, &faces[i]);
    VIEW(view, weight);
    view_length(view, spans_count, 7);
    view_bytes(view, spans, spans_count * sizeof(*spans));
}

static void on_mesh(struct shapes_binding *binding, const shapes_triangle_t *faces, size_t count,
                    uint8_t weight, const shapes_pair_t *spans, size_t spans_count)
{
    struct view view;
    view_mesh(&view, faces, count, weight, spans, spans_count);
    hear(binding->st, &view);
}

static errval_t send_mesh(void *binding, struct test_random *random, struct view *view)
{
    shapes_triangle_t faces[5];
    size_t count = any_length(random, 5);
    for (size_t i = 0; i < count; i++)
        any_triangle(random, &faces[i]);
    uint8_t weight = (uint8_t)any(random);
    shapes_pair_t spans[7];
    size_t spans_count = any_length(random, 7);
    any_bytes(random, spans, spans_count * sizeof(*spans));
    view_mesh(view, faces, count, weight, spans, spans_count);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_mesh__tx(binding, NOP_CONT, faces, count, weight, spans, spans_count);
}

static void view_mirror_call(struct view *view, shapes_triangle_t shape, shapes_shade_t paint)
{
    view_begin(view, shapes_mirror_call__msgnum);
    view_triangle(view, &shape);
    view_enum(view, paint, 3);
}

static void on_mirror_call(struct shapes_binding *binding, shapes_triangle_t shape,
                           shapes_shade_t paint)
{
    struct view view;
    view_mirror_call(&view, shape, paint);
    hear(binding->st, &view);
}

static errval_t send_mirror_call(void *binding, struct test_random *random, struct view *view)
{
    shapes_triangle_t shape;
    any_triangle(random, &shape);
    shapes_shade_t paint = (shapes_shade_t)test_random_below(random, 3);
    view_mirror_call(view, shape, paint);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_mirror_call__tx(binding, NOP_CONT, shape, paint);
}

static void view_mirror_response(struct view *view, shapes_triangle_t image, bool same)
{
    view_begin(view, shapes_mirror_response__msgnum);
    view_triangle(view, &image);
    view_bool(view, &same);
}

static void on_mirror_response(struct shapes_binding *binding, shapes_triangle_t image, bool same)
{
    struct view view;
    view_mirror_response(&view, image, same);
    hear(binding->st, &view);
}

static errval_t send_mirror_response(void *binding, struct test_random *random, struct view *view)
{
    shapes_triangle_t image;
    any_triangle(random, &image);
    bool same = any_bool(random);
    view_mirror_response(view, image, same);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_mirror_response__tx(binding, NOP_CONT, image, same);
}

static void answer_mirror(const struct view *call, shapes_triangle_t *image, bool *same)
{
    struct test_random random = view_random(call);
    any_triangle(&random, image);
    *same = any_bool(&random);
}

static errval_t serve_mirror(struct shapes_binding *binding, shapes_triangle_t shape,
                             shapes_shade_t paint, shapes_triangle_t *image, bool *same)
{
    struct view view;
    view_mirror_call(&view, shape, paint);
    hear(binding->st, &view);
    answer_mirror(&view, image, same);
    return SYS_ERR_OK;
}

static errval_t call_mirror(void *binding, struct test_random *random, struct view *in,
                            struct view *out, struct view *wanted)
{
    shapes_triangle_t shape;
    any_triangle(random, &shape);
    shapes_shade_t paint = (shapes_shade_t)test_random_below(random, 3);
    shapes_triangle_t image;
    bool same;
    view_mirror_call(in, shape, paint);
    answer_mirror(in, &image, &same);
    view_mirror_response(wanted, image, same);
    errval_t err = shapes_mirror(binding, shape, paint, &image, &same);
    if (err_is_ok(err))
        view_mirror_response(out, image, same);
    return err;
}

static void view_filter_call(struct view *view, const shapes_point_t *points, size_t count,
                             shapes_color_t keep)
{
    view_begin(view, shapes_filter_call__msgnum);
    view_length(view, count, 20);
    for (size_t i = 0; i < count; i++)
        view_point(view, &points[i]);
    view_enum(view, keep, 3);
}

static void on_filter_call(struct shapes_binding *binding, const shapes_point_t *points,
                           size_t count, shapes_color_t keep)
{
    struct view view;
    view_filter_call(&view, points, count, keep);
    hear(binding->st, &view);
}

static errval_t send_filter_call(void *binding, struct test_random *random, struct view *view)
{
    shapes_point_t points[20];
    size_t count = any_length(random, 20);
    for (size_t i = 0; i < count; i++)
        any_point(random, &points[i]);
    shapes_color_t keep = (shapes_color_t)test_random_below(random, 3);
    view_filter_call(view, points, count, keep);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_filter_call__tx(binding, NOP_CONT, points, count, keep);
}

static void view_filter_response(struct view *view, const shapes_point_t *kept, size_t kept_count,
                                 shapes_pair_t range)
{
    view_begin(view, shapes_filter_response__msgnum);
    view_length(view, kept_count, 20);
    for (size_t i = 0; i < kept_count; i++)
        view_point(view, &kept[i]);
    view_bytes(view, range, sizeof(shapes_pair_t));
}

static void on_filter_response(struct shapes_binding *binding, const shapes_point_t *kept,
                               size_t kept_count, shapes_pair_t range)
{
    struct view view;
    view_filter_response(&view, kept, kept_count, range);
    hear(binding->st, &view);
}

static errval_t send_filter_response(void *binding, struct test_random *random, struct view *view)
{
    shapes_point_t kept[20];
    size_t kept_count = any_length(random, 20);
    for (size_t i = 0; i < kept_count; i++)
        any_point(random, &kept[i]);
    shapes_pair_t range;
    any_bytes(random, range, sizeof(range));
    view_filter_response(view, kept, kept_count, range);
    if (binding == NULL)
        return SYS_ERR_OK;
    return shapes_filter_response__tx(binding, NOP_CONT, kept, kept_count, range);
}

static void answer_filter(const struct view *call, shapes_point_t *kept, size_t *kept_count,
                          shapes_pair_t range)
{
    struct test_random random = view_random(call);
    *kept_count = any_length(&random, 20);
    for (size_t i = 0; i < *kept_count; i++)
        any_point(&random, &kept[i]);
    any_bytes(&random, range, sizeof(shapes_pair_t));
}

static errval_t serve_filter(struct shapes_binding *binding, const shapes_point_t *points,
                             size_t count, shapes_color_t keep, shapes_point_t *kept,
                             size_t *kept_count, shapes_pair_t range)
{
    struct view view;
    view_filter_call(&view, points, count, keep);
    hear(binding->st, &view);
    answer_filter(&view, kept, kept_count, range);
    return SYS_ERR_OK;
}

static errval_t call_filter(void *binding, struct test_random *random, struct view *in,
                            struct view *out, struct view *wanted)
{
    shapes_point_t points[20];
    size_t count = any_length(random, 20);
    for (size_t i = 0; i < count; i++)
        any_point(random, &points[i]);
    shapes_color_t keep = (shapes_color_t)test_random_below(random, 3);
    shapes_point_t kept[20];
    size_t kept_count;
    shapes_pair_t range;
    view_filter_call(in, points, count, keep);
    answer_filter(in, kept, &kept_count, range);
    view_filter_response(wanted, kept, kept_count, range);
    errval_t err = shapes_filter(binding, points, count, keep, kept, &kept_count, range);
    if (err_is_ok(err))
        view_filter_response(out, kept, kept_count, range);
    return err;
}

static void on_error(struct shapes_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    struct shapes_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    b->rx_vtbl.paint = on_paint;
    b->rx_vtbl.draw = on_draw;
    b->rx_vtbl.bend = on_bend;
    b->rx_vtbl.cloud = on_cloud;
    b->rx_vtbl.mesh = on_mesh;
    b->rx_vtbl.mirror_call = on_mirror_call;
    b->rx_vtbl.mirror_response = on_mirror_response;
    b->rx_vtbl.filter_call = on_filter_call;
    b->rx_vtbl.filter_response = on_filter_response;
    b->rpc_rx_vtbl.mirror_call = later ? NULL : serve_mirror;
    b->rpc_rx_vtbl.filter_call = later ? NULL : serve_filter;
}

static send_fn *const sends[] = {send_paint,           send_draw,        send_bend,
                                 send_cloud,           send_mesh,        send_mirror_call,
                                 send_mirror_response, send_filter_call, send_filter_response};
static call_fn *const calls[] = {call_mirror, call_filter, NULL};

const struct use use_shapes = {&shapes__interface, handle, sends, calls};
