/**
 * One row of `streams` per stream: its lock and its counter. Items belong to a life of a stream, not to the
 * stream: whoever clears it begins another life and leaves the items of the old one in a grave, for a prune to
 * take away in steps. Cursors outlive lives, so that whoever comes back is told that the log is another one.
 */
export const tables1 = (schema: string): string => `
create sequence ${schema}.lives;

create table ${schema}.streams (
  id bigint generated always as identity primary key,
  scope text collate "C" not null,
  kind text collate "C" not null,
  name text collate "C" not null,
  life bigint not null,
  epoch text collate "C" not null,
  head bigint not null default 0,
  base bigint not null default 0,
  -- When the oldest item was written, or earlier; null when there is none.
  oldest_at bigint,
  -- Since when there is no item; null when there is one.
  idle_since bigint,
  unique (scope, kind, name)
) with (fillfactor = 50);

create index streams_oldest on ${schema}.streams (oldest_at) where oldest_at is not null;
create index streams_idle on ${schema}.streams (idle_since) where idle_since is not null;

create table ${schema}.items (
  life bigint not null,
  place bigint not null,
  written_at bigint not null,
  expires_at bigint,
  bytes integer not null,
  -- A digest of the sender and the idempotency key, which may be longer than an index can hold.
  key uuid not null,
  id text collate "C" not null,
  hash text collate "C" not null,
  content text collate "C" not null,
  primary key (life, place),
  unique (life, key)
);

create index items_expiry on ${schema}.items (expires_at) where expires_at is not null;

create table ${schema}.graves (life bigint primary key);

create table ${schema}.cursors (
  stream bigint not null,
  subscriber text collate "C" not null,
  device text collate "C" not null,
  life bigint not null,
  epoch text collate "C" not null,
  place bigint not null,
  moved_at bigint not null,
  primary key (stream, subscriber, device)
) with (fillfactor = 80);

create index cursors_subscriber on ${schema}.cursors (subscriber);

create function ${schema}.now_ms() returns bigint language sql volatile as $$
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint
$$;
`
