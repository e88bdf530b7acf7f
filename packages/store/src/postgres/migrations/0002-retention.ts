/** Functions of what goes on beside the executions. Text of a migration never changes once it was released: it is checksummed. */
export const retention = `
-- One after the other in the order of their ids, so that two servers never wait for each other in a circle.
CREATE FUNCTION busbar_seen_workers_v1(p_ids text[], p_moments bigint[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  sighting record;
BEGIN
  FOR sighting IN SELECT s.id, max(s.moment) AS moment FROM unnest(p_ids, p_moments) s(id, moment) GROUP BY s.id ORDER BY s.id COLLATE "C" LOOP
    UPDATE workers w SET last_seen = sighting.moment WHERE w.id = sighting.id AND w.last_seen < sighting.moment;
  END LOOP;
END $$;

-- workers.ts: who gave a sign of life since a moment
CREATE INDEX workers_by_sighting ON workers (last_seen);

-- The latest poll of each worker for each queue; of too many pairs the oldest are forgotten.
CREATE FUNCTION busbar_put_polls_v1(p_queues text[], p_workers text[], p_moments bigint[], p_most integer) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO polls AS known (queue, worker, at)
  SELECT p.queue, p.worker, max(p.moment) FROM unnest(p_queues, p_workers, p_moments) p(queue, worker, moment)
  GROUP BY p.queue, p.worker ORDER BY p.queue COLLATE "C", p.worker COLLATE "C"
  ON CONFLICT (queue, worker) DO UPDATE SET at = excluded.at WHERE known.at < excluded.at;
  IF (SELECT count(*) FROM polls) > p_most THEN
    DELETE FROM polls p USING (
      SELECT x.ctid AS place FROM polls x WHERE x.at <= (SELECT o.at FROM polls o ORDER BY o.at DESC OFFSET p_most LIMIT 1) FOR UPDATE SKIP LOCKED
    ) old WHERE p.ctid = old.place;
  END IF;
END $$;

-- Deletes executions that ended before a moment, the first of them first. Servers that do so at once skip each other's.
CREATE FUNCTION busbar_remove_ended_v1(p_server text, p_before bigint, p_most integer) RETURNS SETOF text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  gone text[];
BEGIN
  SELECT array_agg(x.id ORDER BY x.ended_at, x.id) INTO gone FROM (
    SELECT e.id, e.ended_at FROM executions e WHERE e.ended_at IS NOT NULL AND e.ended_at < p_before
    ORDER BY e.ended_at, e.id LIMIT p_most FOR UPDATE SKIP LOCKED
  ) x;
  IF gone IS NULL THEN RETURN; END IF;
  PERFORM busbar_remove_v1(p_server, gone);
  RETURN QUERY SELECT unnest(gone);
END $$;

-- Goes through the executions that have logs in the order of their ids, as far as p_end. Answers of how many it deleted the logs.
CREATE FUNCTION busbar_remove_logs_v1(p_before bigint, p_end text, p_most integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  gone text[] := '{}';
  place text COLLATE "C" := '';
BEGIN
  WHILE cardinality(gone) < p_most LOOP
    SELECT l.execution_id INTO place FROM logs l WHERE l.execution_id > place AND l.execution_id < p_end ORDER BY l.execution_id, l.last LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF EXISTS (SELECT FROM executions e WHERE e.id = place AND e.ended_at < p_before) THEN
      gone := gone || place;
    END IF;
  END LOOP;
  DELETE FROM logs l WHERE l.execution_id = ANY (gone);
  RETURN cardinality(gone);
END $$;
`
