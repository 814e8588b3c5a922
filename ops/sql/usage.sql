-- Who asks for how much: tokens of the last 30 days by person and agent. A reply that was asked for again counts with what its
-- last run took; holdfast_tokens_total counts each run that completed. What failed or was stopped is in neither.
select person, agent, count(*) as replies, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
from ops.generations
where state = 'completed' and finished_at > now() - interval '30 days'
group by person, agent
order by sum(output_tokens) desc nulls last
limit 50;
