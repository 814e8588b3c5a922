-- A database that was restored from a backup has another future than the one that browsers have copied from.
create table chat.lineage (
  id uuid not null default gen_random_uuid(),
  began_at timestamptz not null default now(),
  is_only_one boolean not null default true,
  constraint lineage_pkey primary key (is_only_one),
  constraint lineage_is_only_one check (is_only_one)
);
comment on table chat.lineage is 'Names this database''s history, in one row. A restore from a backup begins another one, so that whoever copied from the old one reads anew.';
insert into chat.lineage default values;
