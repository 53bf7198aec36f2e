/**
 * One append. The stream's row is counted up, and so locked until the commit, before a key is looked up or a row
 * written: nobody can commit a later place of a stream before an earlier one. Each statement in here sees what
 * was committed before it began, the keys of whoever held the lock before among it; in one single statement it
 * would not. Streams come in the same order from everybody, so that no two wait for each other.
 */
export const append1 = (schema: string): string => `
create function ${schema}.append_1(
  p_streams json, p_stream_of integer[], p_keys uuid[], p_entries json,
  p_keep bigint, p_slack bigint, p_channel text, p_call text
) returns text language plpgsql as $$
declare
  wanted record;
  found_row record;
  ids bigint[] := '{}';
  lives bigint[] := '{}';
  epochs text[] := '{}';
  firsts bigint[] := '{}';
  heads bigint[] := '{}';
  bases bigint[] := '{}';
  labels text[] := '{}';
  news text[] := '{}';
  known integer[];
  now bigint;
  n integer;
begin
  for wanted in
    select * from json_to_recordset(p_streams)
      as w(scope text, kind text, name text, epoch text, count bigint)
  loop
    update ${schema}.streams s
      set head = s.head + wanted.count, oldest_at = coalesce(s.oldest_at, ${schema}.now_ms()), idle_since = null
      where s.scope = wanted.scope and s.kind = wanted.kind and s.name = wanted.name
      returning s.id, s.life, s.epoch, s.head, s.base into found_row;
    if not found then
      insert into ${schema}.streams as s (scope, kind, name, life, epoch, head, oldest_at)
        values (wanted.scope, wanted.kind, wanted.name, nextval('${schema}.lives'), wanted.epoch,
          wanted.count, ${schema}.now_ms())
        on conflict (scope, kind, name) do update
          set head = s.head + excluded.head, oldest_at = coalesce(s.oldest_at, excluded.oldest_at),
            idle_since = null
        returning s.id, s.life, s.epoch, s.head, s.base into found_row;
    end if;
    ids := ids || found_row.id;
    lives := lives || found_row.life;
    epochs := epochs || found_row.epoch;
    firsts := firsts || found_row.head - wanted.count + 1;
    heads := heads || found_row.head;
    bases := bases || found_row.base;
    labels := labels
      || json_build_array(wanted.kind, wanted.scope, wanted.name, found_row.epoch)::text;
  end loop;
  now := ${schema}.now_ms();

  known := array(
    select e.n from unnest(p_keys, p_stream_of) with ordinality as e(key, s, n)
      join ${schema}.items i on i.life = lives[e.s] and i.key = e.key
  );
  if cardinality(known) > 0 then
    foreach n in array known loop
      heads[p_stream_of[n]] := heads[p_stream_of[n]] - 1;
    end loop;
    update ${schema}.streams s set head = heads[d.s]
      from (select distinct p_stream_of[k] as s from unnest(known) as k) d where s.id = ids[d.s];
  end if;

  insert into ${schema}.items (life, place, written_at, expires_at, bytes, key, id, hash, content)
    select lives[e.s], firsts[e.s] + row_number() over (partition by e.s order by e.n) - 1,
      now, now + e.ttl, e.bytes, p_keys[e.n], e.id, e.hash, e.content
    from json_to_recordset(p_entries)
      as e(n integer, s integer, id text, content text, bytes integer, ttl bigint, hash text)
    where e.n <> all(known);

  for n in 1 .. cardinality(ids) loop
    if heads[n] - bases[n] > p_keep + p_slack then
      perform ${schema}.trim_1(ids[n], lives[n], bases[n],
        least(heads[n] - p_keep, bases[n] + 1000 + heads[n] - firsts[n]));
    end if;
    if heads[n] >= firsts[n] then
      news := news || format('[%s,%s]', labels[n], heads[n]);
    end if;
  end loop;
  perform ${schema}.tell_1(p_channel, p_call, news);

  return json_build_object('now', now,
    'streams', (select json_agg(json_build_array(epochs[s], firsts[s]) order by s)
      from generate_subscripts(ids, 1) as s),
    'known', (select coalesce(json_agg(
        json_build_array(k, i.place, i.id, i.written_at, i.expires_at, i.hash)), '[]')
      from unnest(known) as k
      join ${schema}.items i on i.life = lives[p_stream_of[k]] and i.key = p_keys[k]));
end $$;

create function ${schema}.trim_1(p_stream bigint, p_life bigint, p_base bigint, p_to bigint)
returns bigint language plpgsql as $$
declare
  dropped bigint;
begin
  delete from ${schema}.items i where i.life = p_life and i.place > p_base and i.place <= p_to;
  get diagnostics dropped = row_count;
  update ${schema}.streams s set base = p_to where s.id = p_stream;
  return dropped;
end $$;

-- A notification has less than 8000 bytes. '*' says that something has happened that does not fit.
create function ${schema}.tell_1(p_channel text, p_call text, p_news text[])
returns void language plpgsql as $$
declare
  start text := '["' || p_call || '"';
  payload text := start;
  one text;
begin
  foreach one in array p_news loop
    if octet_length(start) + octet_length(one) > 7900 then
      perform pg_notify(p_channel, '*');
      continue;
    end if;
    if octet_length(payload) + octet_length(one) > 7900 then
      perform pg_notify(p_channel, payload || ']');
      payload := start;
    end if;
    payload := payload || ',' || one;
  end loop;
  if payload <> start then
    perform pg_notify(p_channel, payload || ']');
  end if;
end $$;
`
