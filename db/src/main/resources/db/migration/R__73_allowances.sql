-- Limits that hold across nodes, in the database's time.

create or replace function chat.take_allowance(key text, times integer, per interval, amount integer)
returns double precision
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  step interval := per / times * amount;
  wait double precision;
begin
  insert into allowance as a (key, spent_until)
  values (take_allowance.key, now() + step)
  on conflict on constraint allowance_pkey do update
    set spent_until = case when a.spent_until + step <= now() + per then greatest(a.spent_until, now()) else now() end + step
    where greatest(a.spent_until, now()) + step <= now() + per
      -- nobody can take that much: the clock was set back since. By the time that it is, not that we began at: others
      -- may have taken all of it while we waited
      or a.spent_until > clock_timestamp() + per;
  if found then
    if random() < 0.001 then
      delete from allowance a
      where a.key in (select old.key from allowance old where old.spent_until < now() limit 1000 for update skip locked);
    end if;
    return 0;
  end if;
  select extract(epoch from a.spent_until + step - per - now()) into wait from allowance a where a.key = take_allowance.key;
  return greatest(coalesce(wait, 0), 1);
end
$$;
comment on function chat.take_allowance(text, integer, interval, integer) is
  'Takes an amount of what a key may do so many times per interval. Returns 0 if there was enough, otherwise the seconds until there will be. What was taken before the clock was set back is forgotten.';

create or replace function chat.return_allowance(key text)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  delete from allowance a where a.key = return_allowance.key
$$;
comment on function chat.return_allowance(text) is 'Forgets what was taken under the key.';

create or replace function chat.return_allowance(key text, times integer, per interval, amount integer)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  update allowance a set spent_until = a.spent_until - per / times * amount where a.key = return_allowance.key
$$;
comment on function chat.return_allowance(text, integer, interval, integer) is 'Gives back an amount that was taken under the key, and no more.';

create or replace function chat.summons(content text, message uuid)
returns integer
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select count(*)::integer
  from chat.mentioned_handles(content) as h(handle)
  join account a on a.handle = h.handle and a.kind = 'agent' and a.disabled_at is null
  where not exists (select from mention n where n.message_id = summons.message and n.account_id = a.id)
$$;
comment on function chat.summons(text, uuid) is 'How many agents a text would summon as that of this message (null: of a new one), beside those that it has mentioned before.';

create or replace function chat.summons(content text)
returns integer
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select chat.summons(content, null)
$$;
comment on function chat.summons(text) is 'How many agents a text would summon. For the builds before, which don''t name its message.';
