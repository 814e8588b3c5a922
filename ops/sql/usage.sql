-- Who asks for how much: tokens of the last 30 days by person and agent.
select person, agent, count(*) as replies, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
from ops.generations
where state = 'completed' and finished_at > now() - interval '30 days'
group by person, agent
order by sum(output_tokens) desc nulls last
limit 50;
