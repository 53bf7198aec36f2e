/**
 * Each call is one bounded step and one transaction, and answers how many rows it dropped and whether it is worth
 * calling again. Rows that somebody else holds are left for the next time: a prune never waits for an append.
 */
export const prune1 = (schema: string): string => `
-- Items of lives that are over.
create function ${schema}.bury_1(p_limit integer, out dropped bigint, out is_done boolean)
language plpgsql as $$
declare
  grave bigint;
begin
  select g.life into grave from ${schema}.graves g limit 1 for update skip locked;
  dropped := 0;
  is_done := not found;
  if is_done then return; end if;
  delete from ${schema}.items i where i.life = grave and i.place in (
    select d.place from ${schema}.items d where d.life = grave order by d.place limit p_limit);
  get diagnostics dropped = row_count;
  if dropped < p_limit then
    delete from ${schema}.graves g where g.life = grave;
  end if;
end $$;

-- Items that have expired. They leave holes; the base stays.
create function ${schema}.expire_1(p_limit integer, out dropped bigint, out is_done boolean)
language plpgsql as $$
begin
  with due as (
    select i.life, i.place from ${schema}.items i where i.expires_at <= ${schema}.now_ms()
      order by i.expires_at limit p_limit for update skip locked
  )
  delete from ${schema}.items i using due where i.life = due.life and i.place = due.place;
  get diagnostics dropped = row_count;
  is_done := dropped < p_limit;
end $$;

-- Items from before a time, from the oldest on: what is above one that is kept is kept, whatever clocks did.
create function ${schema}.age_1(p_before bigint, p_limit integer, out dropped bigint, out is_done boolean)
language plpgsql as $$
declare
  one record;
  last_aged bigint;
begin
  dropped := 0;
  is_done := true;
  for one in
    select s.id, s.life, s.base from ${schema}.streams s where s.oldest_at < p_before
      order by s.oldest_at limit 20 for update skip locked
  loop
    is_done := false;
    select max(i.place) into last_aged from (
      select j.place, min(case when j.written_at >= p_before then j.place end) over () as first_kept
        from (select k.place, k.written_at from ${schema}.items k
          where k.life = one.life and k.place > one.base order by k.place limit p_limit) j
    ) i where i.first_kept is null or i.place < i.first_kept;
    if last_aged is not null then
      dropped := dropped + ${schema}.trim_1(one.id, one.life, one.base, last_aged);
    end if;
    perform ${schema}.settle_1(one.id, one.life);
  end loop;
end $$;

-- What a stream has over its bound, where the append did not take it: the bound was larger once.
create function ${schema}.shorten_1(p_keep bigint, p_limit integer, out dropped bigint, out is_done boolean)
language plpgsql as $$
declare
  one record;
begin
  dropped := 0;
  is_done := true;
  for one in
    select s.id, s.life, s.base, s.head from ${schema}.streams s where s.head - s.base > p_keep
      limit 20 for update skip locked
  loop
    is_done := false;
    dropped := dropped
      + ${schema}.trim_1(one.id, one.life, one.base, least(one.head - p_keep, one.base + p_limit));
  end loop;
end $$;

-- Writes down what a stream holds, which the caller has locked.
create function ${schema}.settle_1(p_stream bigint, p_life bigint) returns void language plpgsql as $$
declare
  oldest bigint;
begin
  select i.written_at into oldest from ${schema}.items i where i.life = p_life order by i.place limit 1;
  update ${schema}.streams s
    set oldest_at = oldest, idle_since = case when oldest is null then ${schema}.now_ms() end
    where s.id = p_stream;
end $$;

-- Streams that hold nothing, and that nobody has a cursor on.
create function ${schema}.drop_idle_1(p_before bigint, out dropped bigint, out is_done boolean)
language plpgsql as $$
declare
  one record;
begin
  dropped := 0;
  is_done := true;
  for one in
    select s.id, s.life from ${schema}.streams s where s.idle_since < p_before
      order by s.idle_since limit 100 for update skip locked
  loop
    is_done := false;
    if exists (select from ${schema}.cursors c where c.stream = one.id)
      or exists (select from ${schema}.items i where i.life = one.life) then
      perform ${schema}.settle_1(one.id, one.life);
    else
      delete from ${schema}.streams s where s.id = one.id;
    end if;
  end loop;
end $$;

-- Cursors that nobody moved since a time, looked for among so many behind a place in the table. Answers the place to
-- go on from, null at the end.
create function ${schema}.drop_away_1(
  p_stream bigint, p_subscriber text, p_device text, p_before bigint, p_limit integer
) returns text language plpgsql as $$
declare
  last record;
begin
  select seen.*, count(*) over () as count into last from (
    select c.stream, c.subscriber, c.device from ${schema}.cursors c
      where (c.stream, c.subscriber, c.device) > (p_stream, p_subscriber, p_device)
      order by c.stream, c.subscriber, c.device limit p_limit
  ) seen order by seen.stream desc, seen.subscriber desc, seen.device desc limit 1;
  if not found then return null; end if;
  delete from ${schema}.cursors c
    where (c.stream, c.subscriber, c.device) > (p_stream, p_subscriber, p_device)
      and (c.stream, c.subscriber, c.device) <= (last.stream, last.subscriber, last.device)
      and c.moved_at < p_before;
  if last.count < p_limit then return null; end if;
  return json_build_array(last.stream::text, last.subscriber, last.device);
end $$;
`
