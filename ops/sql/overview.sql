-- What an operator looks at in the morning: psql -f ops/sql/overview.sql
\echo 'Agents'
select agent, queued, running, failed, oldest_age, at_most, paused from ops.queue;
\echo 'Workers'
select worker, state, running, slots, last_seen from ops.workers;
\echo 'Stuck, by reason'
select agent, state, regexp_replace(reason, '[0-9]+:[0-9:]+', '…', 'g') as reason, count(*), max(age) as oldest from ops.stuck group by 1, 2, 3 order by count(*) desc;
\echo 'The last ten minutes'
select minute, finished, failed, output_tokens, first_token_p50, first_token_p95 from ops.throughput limit 10;
\echo 'What administrators did'
select at, actor, action, subject from ops.audit limit 10;
