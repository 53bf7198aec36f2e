/**
 * Cursors as in version 1, but for three things: no cursor gets beyond the end of its stream; a question for a
 * cursor is noted as a use of it, once a day; and of the moves of one cursor in a call, which may be several now,
 * the furthest counts that is not beyond the end.
 */
export const cursors2 = (schema: string): string => `
create function ${schema}.cursors_2(p_questions json) returns text language plpgsql as $$
declare
  put integer[];
  answers text;
  is_stale boolean;
begin
  with asked as (
    select q.n, s.id as stream, s.life, s.epoch, q.subscriber, q.device, least(q.place, s.head) as place
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

  select coalesce(json_agg(json_build_array(a.n, a.epoch, a.place)), '[]')::text,
      coalesce(bool_or(a.moved_at < ${schema}.now_ms() - 86400000), false)
    into answers, is_stale from (
      select q.n, c.epoch, c.place, c.moved_at, min(q.n) filter (where q.n = any(put))
          over (partition by c.stream, c.subscriber, c.device) as put_by
        from json_to_recordset(p_questions) as q(n integer, scope text, kind text, name text,
          subscriber text, device text)
        join ${schema}.streams s on s.scope = q.scope and s.kind = q.kind and s.name = q.name
        join ${schema}.cursors c
          on c.stream = s.id and c.subscriber = q.subscriber and c.device = q.device
    ) a where a.put_by is null or a.n > a.put_by;

  -- Who holds one of them is moving it, which is a use as well: nobody is waited for.
  if is_stale then
    update ${schema}.cursors c set moved_at = ${schema}.now_ms() from (
      select c.stream, c.subscriber, c.device
        from json_to_recordset(p_questions) as q(scope text, kind text, name text, subscriber text, device text)
        join ${schema}.streams s on s.scope = q.scope and s.kind = q.kind and s.name = q.name
        join ${schema}.cursors c
          on c.stream = s.id and c.subscriber = q.subscriber and c.device = q.device
        where c.moved_at < ${schema}.now_ms() - 86400000
        for update of c skip locked
    ) stale
    where c.stream = stale.stream and c.subscriber = stale.subscriber and c.device = stale.device;
  end if;
  return answers;
end $$;

create function ${schema}.move_cursors_2(p_forgotten json, p_moves json) returns void language plpgsql as $$
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
    select s.id, m.subscriber, m.device, s.life, s.epoch, max(m.place), ${schema}.now_ms()
    from json_to_recordset(p_moves) as m(scope text, kind text, name text,
      subscriber text, device text, epoch text, place bigint)
    join ${schema}.streams s
      on s.scope = m.scope and s.kind = m.kind and s.name = m.name and s.epoch = m.epoch
    where m.place <= s.head
    group by s.id, m.subscriber, m.device
    order by s.id, m.subscriber, m.device
    on conflict (stream, subscriber, device) do update
      set life = excluded.life, epoch = excluded.epoch, moved_at = excluded.moved_at,
        place = case when c.life = excluded.life then greatest(c.place, excluded.place) else excluded.place end
      -- A cursor that stays where it is is written once a day, as a sign that somebody is there.
      where c.life < excluded.life or (c.life = excluded.life
        and (c.place < excluded.place or c.moved_at < excluded.moved_at - 86400000));
end $$;
`
