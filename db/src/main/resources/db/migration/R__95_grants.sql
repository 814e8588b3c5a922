-- Least privilege: what the web and the workers may do. The functions run as their owner, so a role needs only
-- EXECUTE on its own doors. Where a role could not be created, its grants are left out.
-- Runs again with every build and after all other files: "all functions" are those of that moment, and chat.built says whose.
create or replace function chat.built()
returns timestamptz
language sql
immutable
set search_path = chat, pg_temp
as $$ select '${built}'::timestamptz $$;
comment on function chat.built() is
  'When the build was made whose functions these are. A process of an older build runs on them and leaves them as they are.';

revoke all on all functions in schema chat from public;
revoke all on all tables in schema chat from public;
revoke all on all functions in schema ops from public;
revoke all on all tables in schema ops from public;

do $$
begin
  if exists (select from pg_roles where rolname = 'holdfast_web') then
    grant usage on schema chat to holdfast_web;
    grant select on all tables in schema chat to holdfast_web;
    grant insert, update, delete on chat.account, chat.credential, chat.agent, chat.channel, chat.membership,
      chat.session, chat.session_attributes, chat.invite to holdfast_web;
    grant insert on chat.audit to holdfast_web;
    grant execute on all functions in schema chat to holdfast_web;
    -- the web cannot run anything itself
    revoke execute on function chat.register_worker(text, integer), chat.start_drain(bigint), chat.unregister_worker(bigint),
      chat.claim(bigint, integer, interval),
      chat.heartbeat(bigint, bigint[], bigint[], interval), chat.reap(), chat.start_thinking(uuid[], bigint[]),
      chat.start_streaming(uuid[], bigint[]), chat.show_status(uuid[], bigint[], text),
      chat.append_chunks(bigint, uuid[], bigint[], integer[], integer[], text[]), chat.durable(bigint, uuid[], bigint[]),
      chat.complete(bigint, uuid[], bigint[], text[], integer[], integer[], text[], text[]),
      chat.fail(bigint, uuid, bigint, text, text, interval, text, boolean), chat.release(bigint, uuid[], bigint[], text[]),
      chat.leave_running(bigint[], text, text, text, text, text, timestamptz, boolean, text),
      chat.context(bigint, integer), chat.set_context(bigint, bigint, uuid[]) from holdfast_web;
  end if;
  if exists (select from pg_roles where rolname = 'holdfast_worker') then
    grant usage on schema chat to holdfast_worker;
    grant select on chat.account, chat.agent, chat.channel, chat.message, chat.generation, chat.chunk, chat.worker to holdfast_worker;
    grant execute on function chat.register_worker(text, integer), chat.start_drain(bigint),
      chat.unregister_worker(bigint), chat.claim(bigint, integer, interval),
      chat.heartbeat(bigint, bigint[], bigint[], interval), chat.reap(), chat.start_thinking(uuid[], bigint[]),
      chat.start_streaming(uuid[], bigint[]),
      chat.append_chunks(bigint, uuid[], bigint[], integer[], integer[], text[]), chat.durable(bigint, uuid[], bigint[]),
      chat.complete(bigint, uuid[], bigint[], text[], integer[], integer[], text[], text[]),
      chat.fail(bigint, uuid, bigint, text, text, interval, text, boolean), chat.release(bigint, uuid[], bigint[], text[]),
      chat.context(bigint, integer), chat.set_context(bigint, bigint, uuid[]) to holdfast_worker;
  end if;
end
$$;

do $$
declare
  reader text;
begin
  foreach reader in array array['holdfast_ops', 'holdfast_readonly', 'holdfast_web'] loop
    if to_regrole(reader) is not null then
      execute format('grant usage on schema ops to %I', reader);
      execute format('grant select on ops.queue, ops.generations, ops.workers, ops.stuck, ops.throughput, ops.audit to %I', reader);
    end if;
    if to_regrole(reader) is not null and reader <> 'holdfast_readonly' then
      execute format('grant execute on function ops.retry(bigint), ops.retry_all(bigint[]), ops.retry_failed(text, interval),
        ops.cancel(bigint), ops.cancel_all(bigint[]), ops.pause_agent(text), ops.resume_agent(text),
        ops.drain_worker(text), ops.resume_worker(text), ops.oldest_transaction_age() to %I', reader);
    end if;
  end loop;
  -- whose link it is becomes that person: administrators alone, whom the web knows
  if to_regrole('holdfast_web') is not null then
    grant execute on function ops.reset_password(text) to holdfast_web;
  end if;
  -- a worker process exports the database's metrics as well, and nothing else of this
  if to_regrole('holdfast_worker') is not null then
    grant usage on schema ops to holdfast_worker;
    grant select on ops.queue to holdfast_worker;
    grant execute on function ops.oldest_transaction_age() to holdfast_worker;
  end if;
end
$$;
