export const life1 = (schema: string): string => `
-- The streams that are not there yet, each in an epoch that its first item will have.
create function ${schema}.open_1(p_streams json) returns void language sql as $$
  insert into ${schema}.streams (scope, kind, name, life, epoch, idle_since)
    select w.scope, w.kind, w.name, nextval('${schema}.lives'), w.epoch, ${schema}.now_ms()
    from rows from (json_to_recordset(p_streams) as (scope text, kind text, name text, epoch text))
      with ordinality as w(scope, kind, name, epoch, n)
    where not exists (select from ${schema}.streams s
      where s.scope = w.scope and s.kind = w.kind and s.name = w.name)
    order by w.n
    on conflict do nothing
$$;

create function ${schema}.clear_1(p_scope text, p_kind text, p_name text, p_epoch text, p_channel text)
returns void language plpgsql as $$
declare
  old record;
begin
  loop
    select s.id, s.life into old from ${schema}.streams s
      where s.scope = p_scope and s.kind = p_kind and s.name = p_name for update;
    exit when found;
    insert into ${schema}.streams (scope, kind, name, life, epoch)
      values (p_scope, p_kind, p_name, nextval('${schema}.lives'), p_epoch) on conflict do nothing;
  end loop;
  insert into ${schema}.graves values (old.life);
  update ${schema}.streams s
    set life = nextval('${schema}.lives'), epoch = p_epoch, head = 0, base = 0,
      oldest_at = null, idle_since = ${schema}.now_ms()
    where s.id = old.id;
  perform ${schema}.tell_1(p_channel, '',
    array[format('[%s,0]', json_build_array(p_kind, p_scope, p_name, p_epoch))]);
end $$;

create function ${schema}.forget_1(p_scope text, p_user text, p_channel text)
returns void language plpgsql as $$
begin
  with own as (
    delete from ${schema}.streams s
      where s.scope = p_scope and s.kind = 'user' and s.name = p_user returning s.id, s.life
  ), buried as (
    insert into ${schema}.graves select life from own
  )
  delete from ${schema}.cursors c using own where c.stream = own.id;
  delete from ${schema}.cursors c using ${schema}.streams s
    where c.subscriber = p_user and s.id = c.stream and s.scope = p_scope;
  -- What the stream's next epoch is, nobody knows yet.
  perform pg_notify(p_channel, '*');
end $$;
`
