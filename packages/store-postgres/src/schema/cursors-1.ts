/**
 * Cursors, asked for and moved in batches. Rows are locked in the order of their primary key by everybody. A
 * cursor keeps the life of the stream that it was moved in: a move that was late for a clear cannot undo a
 * later one.
 */
export const cursors1 = (schema: string): string => `
-- Puts the first of those who start somewhere and are not there; then answers whoever was there before the question.
create function ${schema}.cursors_1(p_questions json) returns text language plpgsql as $$
declare
  put integer[];
begin
  with asked as (
    select q.n, s.id as stream, s.life, s.epoch, q.subscriber, q.device, q.place
    from json_to_recordset(p_questions) as q(n integer, scope text, kind text, name text,
      subscriber text, device text, epoch text, place bigint)
    join ${schema}.streams s
      on s.scope = q.scope and s.kind = q.kind and s.name = q.name and s.epoch = q.epoch
  ), first as (
    select distinct on (stream, subscriber, device) * from asked order by stream, subscriber, device, n
  ), added as (
    insert into ${schema}.cursors as c (stream, subscriber, device, life, epoch, place, moved_at)
      select stream, subscriber, device, life, epoch, place, ${schema}.now_ms() from first
      order by stream, subscriber, device
      on conflict do nothing returning c.stream, c.subscriber, c.device
  )
  select coalesce(array_agg(n), '{}') into put
    from first join added using (stream, subscriber, device);

  return (
    select coalesce(json_agg(json_build_array(a.n, a.epoch, a.place)), '[]') from (
      select q.n, c.epoch, c.place, min(q.n) filter (where q.n = any(put))
          over (partition by c.stream, c.subscriber, c.device) as put_by
        from json_to_recordset(p_questions) as q(n integer, scope text, kind text, name text,
          subscriber text, device text)
        join ${schema}.streams s on s.scope = q.scope and s.kind = q.kind and s.name = q.name
        join ${schema}.cursors c
          on c.stream = s.id and c.subscriber = q.subscriber and c.device = q.device
    ) a where a.put_by is null or a.n > a.put_by
  );
end $$;

create function ${schema}.move_cursors_1(p_forgotten json, p_moves json) returns void language plpgsql as $$
begin
  with lost as (
    select c.stream, c.subscriber, c.device
    from json_to_recordset(p_forgotten) as f(scope text, kind text, name text, subscriber text, device text)
    join ${schema}.streams s on s.scope = f.scope and s.kind = f.kind and s.name = f.name
    join ${schema}.cursors c
      on c.stream = s.id and c.subscriber = f.subscriber and c.device = f.device
    order by c.stream, c.subscriber, c.device for update of c
  )
  delete from ${schema}.cursors c using lost
    where c.stream = lost.stream and c.subscriber = lost.subscriber and c.device = lost.device;

  insert into ${schema}.cursors as c (stream, subscriber, device, life, epoch, place, moved_at)
    select s.id, m.subscriber, m.device, s.life, s.epoch, m.place, ${schema}.now_ms()
    from json_to_recordset(p_moves) as m(scope text, kind text, name text,
      subscriber text, device text, epoch text, place bigint)
    join ${schema}.streams s
      on s.scope = m.scope and s.kind = m.kind and s.name = m.name and s.epoch = m.epoch
    order by s.id, m.subscriber, m.device
    on conflict (stream, subscriber, device) do update
      set life = excluded.life, epoch = excluded.epoch, moved_at = excluded.moved_at,
        place = case when c.life = excluded.life then greatest(c.place, excluded.place) else excluded.place end
      -- A cursor that stays where it is is written once a day, as a sign that somebody is there.
      where c.life < excluded.life or (c.life = excluded.life
        and (c.place < excluded.place or c.moved_at < excluded.moved_at - 86400000));
end $$;
`
