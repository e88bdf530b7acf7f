CREATE TABLE attempts (
  execution_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  number integer NOT NULL,
  queue text COLLATE "C",
  priority bigint NOT NULL,
  lease_ms bigint,
  state text COLLATE "C" NOT NULL,
  state_at bigint NOT NULL,
  until bigint,
  outcome text COLLATE "C",
  fence integer NOT NULL,
  claims integer NOT NULL,
  opened_at bigint NOT NULL,
  first_claimed_at bigint,
  last_worker text COLLATE "C",
  wake_at bigint,
  changed integer NOT NULL,
  data text NOT NULL,
  CONSTRAINT attempts_pkey PRIMARY KEY (execution_id, ordinal)
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);

CREATE TABLE blob_uses (
  user_id text COLLATE "C" NOT NULL,
  blob uuid NOT NULL,
  CONSTRAINT blob_uses_blob_fkey FOREIGN KEY (blob) REFERENCES blobs(id) ON DELETE CASCADE,
  CONSTRAINT blob_uses_pkey PRIMARY KEY (user_id, blob)
);

CREATE TABLE blobs (
  id uuid NOT NULL,
  content bytea NOT NULL,
  put_at bigint NOT NULL,
  CONSTRAINT blobs_pkey PRIMARY KEY (id)
);

CREATE TABLE definitions (
  kind text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  body text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT definitions_pkey PRIMARY KEY (kind, namespace, name, version)
);

CREATE TABLE definitions_epoch (
  is_only boolean NOT NULL DEFAULT true,
  epoch bigint NOT NULL,
  CONSTRAINT definitions_epoch_is_only_check CHECK (is_only),
  CONSTRAINT definitions_epoch_pkey PRIMARY KEY (is_only)
);

CREATE TABLE execution_tallies (
  server text COLLATE "C" NOT NULL,
  dialect text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  CONSTRAINT execution_tallies_pkey PRIMARY KEY (server, dialect, status)
) WITH (fillfactor=50, autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);

CREATE TABLE executions (
  id text COLLATE "C" NOT NULL,
  dialect text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  label_version text COLLATE "C" NOT NULL,
  handle text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  definition text COLLATE "C" NOT NULL,
  parent text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  ended_at bigint,
  due bigint,
  version integer NOT NULL,
  reworked integer NOT NULL,
  last_ordinal integer NOT NULL,
  last_message bigint NOT NULL,
  format integer NOT NULL,
  state text NOT NULL,
  brief text NOT NULL,
  CONSTRAINT executions_pkey PRIMARY KEY (id)
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);

CREATE TABLE facts (
  name text COLLATE "C" NOT NULL,
  text text NOT NULL,
  CONSTRAINT facts_pkey PRIMARY KEY (name)
);

CREATE TABLE lanes (
  server text COLLATE "C" NOT NULL,
  lane integer NOT NULL,
  epoch bigint NOT NULL,
  flush bigint NOT NULL,
  result text NOT NULL,
  seen_at bigint NOT NULL,
  CONSTRAINT lanes_pkey PRIMARY KEY (server, lane)
) WITH (fillfactor=50, autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);

CREATE TABLE logs (
  execution_id text COLLATE "C" NOT NULL,
  last integer NOT NULL,
  count integer NOT NULL,
  source text COLLATE "C" NOT NULL,
  lines text NOT NULL,
  CONSTRAINT logs_pkey PRIMARY KEY (execution_id, last)
);

CREATE TABLE messages (
  "position" bigint NOT NULL IDENTITY,
  sender text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  receiver text COLLATE "C" NOT NULL,
  body text NOT NULL,
  sent_at bigint NOT NULL,
  CONSTRAINT messages_pkey PRIMARY KEY (sender, number)
) WITH (autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);

CREATE TABLE polls (
  queue text COLLATE "C" NOT NULL,
  worker text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  CONSTRAINT polls_pkey PRIMARY KEY (queue, worker)
) WITH (fillfactor=70);

CREATE TABLE schema_migrations (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE snapshots (
  id text COLLATE "C" NOT NULL,
  text text NOT NULL,
  used_at bigint NOT NULL,
  CONSTRAINT snapshots_pkey PRIMARY KEY (id)
);

CREATE TABLE workers (
  id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  last_seen bigint NOT NULL,
  registered_at bigint NOT NULL,
  detail text NOT NULL,
  CONSTRAINT workers_pkey PRIMARY KEY (id)
) WITH (fillfactor=70);

CREATE INDEX attempts_open ON public.attempts USING btree (queue, execution_id, ordinal) WHERE (state = ANY (ARRAY['waiting'::text, 'leased'::text]));

CREATE INDEX attempts_waiting ON public.attempts USING btree (queue, priority DESC, state_at, execution_id, ordinal) WHERE (state = 'waiting'::text);

CREATE INDEX blob_uses_by_blob ON public.blob_uses USING btree (blob);

CREATE INDEX blobs_by_age ON public.blobs USING btree (put_at);

CREATE INDEX executions_by_creation ON public.executions USING btree (dialect, created_at, id);

CREATE INDEX executions_by_definition ON public.executions USING btree (definition);

CREATE INDEX executions_by_handle ON public.executions USING btree (dialect, handle, created_at, id) WHERE (handle <> ''::text);

CREATE INDEX executions_by_name ON public.executions USING btree (dialect, name, created_at, id);

CREATE INDEX executions_due ON public.executions USING btree (due, id) WHERE (due IS NOT NULL);

CREATE INDEX executions_ended ON public.executions USING btree (ended_at, id) WHERE (ended_at IS NOT NULL);

CREATE INDEX executions_not_completed ON public.executions USING btree (dialect, created_at, id, status, name) WHERE (status <> 'completed'::text);

CREATE INDEX logs_by_source ON public.logs USING btree (execution_id, source, last);

CREATE INDEX messages_by_position ON public.messages USING btree ("position");

CREATE INDEX messages_by_receiver ON public.messages USING btree (receiver);

CREATE INDEX workers_by_sighting ON public.workers USING btree (last_seen);

CREATE OR REPLACE FUNCTION public.busbar_append_logs_v1(p_server text, p_lane integer, p_epoch bigint, p_flush bigint, g_id text[], g_offset integer[], g_count integer[], g_source text[], g_lines text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM busbar_enter_v1(p_server, p_lane, p_epoch);
  -- In the order of ids, which is that of the arrays; a key lock would not keep others from appending.
  PERFORM FROM unnest(g_id) g CROSS JOIN LATERAL (SELECT FROM executions e WHERE e.id = g FOR NO KEY UPDATE) e;
  INSERT INTO logs (execution_id, last, count, source, lines)
  SELECT g.id, coalesce((SELECT max(l.last) FROM logs l WHERE l.execution_id = g.id), 0) + g.tail, g.count, g.source, g.lines
  FROM unnest(g_id, g_offset, g_count, g_source, g_lines) g(id, tail, count, source, lines)
  WHERE EXISTS (SELECT FROM executions e WHERE e.id = g.id);
  PERFORM busbar_leave_v1(p_server, p_lane, p_flush, '');
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_claim_v1(p_server text, p_lane integer, p_epoch bigint, p_flush bigint, p_now bigint, g_request integer[], g_queue integer[], p_workers text[], p_maxes integer[], p_queues text[])
 RETURNS TABLE(turn bigint, request integer, execution_id text, ordinal integer, key text, number integer, queue text, priority bigint, lease_ms bigint, state text, state_at bigint, until bigint, outcome text, fence integer, claims integer, opened_at bigint, first_claimed_at bigint, last_worker text, wake_at bigint, data text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  groups integer := cardinality(g_request);
  first integer;
  queues text[];
  wanted integer;
  -- Which request the next lease of the group is for.
  slots integer[];
  got integer;
  before bigint := 0;
  level bigint;
  asked integer;
  -- What was looked at in a priority and is held by somebody else at this moment.
  held integer;
  ids text[];
  ordinals integer[];
  places tid[];
  notes text[];
  noted text[] := '{}';
  entered boolean := false;
BEGIN
  FOR g IN 1 .. groups LOOP
    first := g_request[g];
    queues := p_queues[g_queue[g] : coalesce(g_queue[g + 1] - 1, cardinality(p_queues))];
    SELECT max(x.priority) INTO level FROM unnest(queues) q CROSS JOIN LATERAL (
      SELECT a.priority FROM attempts a WHERE a.state = 'waiting' AND a.queue = q ORDER BY a.priority DESC LIMIT 1) x;
    CONTINUE WHEN level IS NULL;
    slots := ARRAY(
      SELECT first + r.n - 1 FROM unnest(p_maxes[first : coalesce(g_request[g + 1] - 1, cardinality(p_maxes))]) WITH ORDINALITY r(most, n)
      CROSS JOIN generate_series(1, r.most) ORDER BY r.n);
    wanted := cardinality(slots);
    got := 0;
    -- One priority after the other, so that the delayed ones of a priority are skipped by a seek and not by reading them all.
    WHILE level IS NOT NULL AND got < wanted LOOP
      held := 0;
      LOOP
        asked := wanted - got + held;
        SELECT array_agg(y.execution_id), array_agg(y.ordinal) INTO ids, ordinals FROM (
          SELECT x.execution_id, x.ordinal FROM unnest(queues) q CROSS JOIN LATERAL (
            SELECT a.execution_id, a.ordinal, a.state_at FROM attempts a
            WHERE a.state = 'waiting' AND a.queue = q AND a.priority = level AND a.state_at <= p_now
            ORDER BY a.state_at, a.execution_id, a.ordinal LIMIT asked) x
          ORDER BY x.state_at, x.execution_id, x.ordinal LIMIT asked) y;
        EXIT WHEN ids IS NULL;
        IF NOT entered THEN
          PERFORM busbar_enter_v1(p_server, p_lane, p_epoch);
          entered := true;
        END IF;
        SELECT array_agg(z.place), array_agg(z.execution_id || ':' || z.ordinal || ':' || z.fence + 1) INTO places, notes FROM (
          SELECT l.execution_id, l.ordinal, l.fence, l.place FROM unnest(ids, ordinals) f(id, ordinal)
          CROSS JOIN LATERAL (
            SELECT a.execution_id, a.ordinal, a.fence, a.ctid AS place FROM attempts a
            WHERE a.execution_id = f.id AND a.ordinal = f.ordinal AND a.state = 'waiting' AND a.state_at <= p_now
            FOR NO KEY UPDATE SKIP LOCKED) l
          LIMIT wanted - got) z;
        IF places IS NOT NULL THEN
          -- Another statement than the one that locked: it sees the rows as they were locked.
          RETURN QUERY
          WITH leased AS (
            UPDATE attempts t SET state = 'leased', state_at = p_now, until = p_now + t.lease_ms, fence = t.fence + 1, claims = t.claims + 1,
              first_claimed_at = coalesce(t.first_claimed_at, p_now), last_worker = p_workers[slots[got + w.n]], changed = 2147483647
            FROM unnest(places) WITH ORDINALITY w(place, n) WHERE t.ctid = w.place RETURNING w.n, t.*
          )
          SELECT before + l.n, slots[got + l.n], l.execution_id, l.ordinal, l.key, l.number, l.queue, l.priority, l.lease_ms, l.state, l.state_at,
            l.until, l.outcome, l.fence, l.claims, l.opened_at, l.first_claimed_at, l.last_worker, l.wake_at, l.data
          FROM leased l;
          noted := noted || ARRAY(SELECT slots[got + n.n] || ':' || n.note FROM unnest(notes) WITH ORDINALITY n(note, n));
          got := got + cardinality(places);
          before := before + cardinality(places);
        END IF;
        EXIT WHEN got >= wanted OR cardinality(ids) < asked;
        held := cardinality(ids) - coalesce(cardinality(places), 0);
      END LOOP;
      SELECT max(x.priority) INTO level FROM unnest(queues) q CROSS JOIN LATERAL (
        SELECT a.priority FROM attempts a WHERE a.state = 'waiting' AND a.queue = q AND a.priority < level ORDER BY a.priority DESC LIMIT 1) x;
    END LOOP;
  END LOOP;
  IF entered THEN
    PERFORM busbar_leave_v1(p_server, p_lane, p_flush, array_to_string(noted, ' '));
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_commit_v1(p_server text, p_lane integer, p_epoch bigint, p_flush bigint, c_id text[], c_version integer[], c_kind integer[], c_dialect text[], c_namespace text[], c_name text[], c_label_version text[], c_handle text[], c_source text[], c_definition text[], c_parent text[], c_status text[], c_created_at bigint[], c_updated_at bigint[], c_ended_at bigint[], c_due bigint[], c_last_ordinal integer[], c_last_message bigint[], c_format integer, c_state text[], c_brief text[], c_reworked boolean[], c_definitions bigint[], a_n integer[], a_id text[], a_ordinal integer[], a_expected integer[], a_key text[], a_number integer[], a_queue text[], a_priority bigint[], a_lease_ms bigint[], a_state text[], a_state_at bigint[], a_until bigint[], a_outcome text[], a_fence integer[], a_claims integer[], a_opened_at bigint[], a_first_claimed_at bigint[], a_last_worker text[], a_wake_at bigint[], a_changed integer[], a_data text[], r_n integer[], r_id text[], r_ordinal integer[], t_n integer[], t_sender text[], t_number bigint[], m_n integer[], m_sender text[], m_number bigint[], m_receiver text[], m_body text[], g_n integer[], g_id text[], g_offset integer[], g_count integer[], g_source text[], g_lines text[])
 RETURNS text
 LANGUAGE plpgsql
AS $function$
DECLARE
  stale integer[];
  taken integer[] := '{}';
  -- Changes of which nothing is written.
  bad integer[];
  lost integer[];
  inserted integer;
  expected integer;
  old_status text[];
  -- Where the locked rows lie: they are changed there. A join by key could be planned the wrong way round, through the whole
  -- table, as long as it has no statistics; a look-up under a lock for each element has one plan only, and so has a place.
  e_place tid[];
  a_place tid[];
  t_place tid[];
  definitions_now bigint;
  answer text;
BEGIN
  PERFORM busbar_enter_v1(p_server, p_lane, p_epoch);
  SELECT d.epoch INTO definitions_now FROM definitions_epoch d;

  -- Executions first, then attempts, then messages, each in the order of ids: nobody waits in a circle.
  SELECT coalesce(array_agg(c.n::integer) FILTER (
           WHERE (c.kind <> 0 AND e.version IS DISTINCT FROM c.version) OR c.definitions <> definitions_now), '{}'),
         array_agg(e.status ORDER BY c.n), array_agg(e.place ORDER BY c.n)
  INTO stale, old_status, e_place
  FROM unnest(c_id, c_version, c_kind, c_definitions) WITH ORDINALITY c(id, version, kind, definitions, n)
  LEFT JOIN LATERAL (SELECT x.ctid AS place, x.version, x.status FROM executions x WHERE x.id = c.id AND c.kind <> 0 FOR NO KEY UPDATE) e ON true;

  -- A new execution has no attempts to look for; where it is none, nothing is written.
  IF cardinality(a_n) > 0 THEN
    SELECT stale || coalesce(array_agg(DISTINCT a.n) FILTER (WHERE coalesce(t.fence, -1) <> a.expected AND NOT a.n = ANY (stale)), '{}'),
           array_agg(t.place ORDER BY a.row)
    INTO stale, a_place
    FROM unnest(a_n, a_id, a_ordinal, a_expected) WITH ORDINALITY a(n, id, ordinal, expected, row)
    LEFT JOIN LATERAL (
      SELECT x.ctid AS place, x.fence FROM attempts x WHERE x.execution_id = a.id AND x.ordinal = a.ordinal AND c_kind[a.n] <> 0
      FOR NO KEY UPDATE) t ON true;
  END IF;

  IF cardinality(t_n) > 0 THEN
    SELECT coalesce(array_agg(DISTINCT t.n) FILTER (WHERE m.place IS NULL AND NOT t.n = ANY (stale)), '{}'), array_agg(m.place ORDER BY t.row)
    INTO taken, t_place
    FROM unnest(t_n, t_sender, t_number) WITH ORDINALITY t(n, sender, number, row)
    LEFT JOIN LATERAL (SELECT x.ctid AS place FROM messages x WHERE x.sender = t.sender AND x.number = t.number FOR UPDATE) m ON true;
  END IF;
  bad := stale || taken;

  IF 0 = ANY (c_kind) THEN
    INSERT INTO executions (id, dialect, namespace, name, label_version, handle, source, definition, parent, status, created_at, updated_at,
      ended_at, due, version, reworked, last_ordinal, last_message, format, state, brief)
    SELECT c.id, c.dialect, c.namespace, c.name, c.label_version, c.handle, c.source, c.definition, c.parent, c.status, c.created_at, c.updated_at,
      c.ended_at, c.due, 1, 0, c.last_ordinal, c.last_message, c_format, c.state, c.brief
    FROM unnest(c_id, c_kind, c_dialect, c_namespace, c_name, c_label_version, c_handle, c_source, c_definition, c_parent, c_status, c_created_at,
      c_updated_at, c_ended_at, c_due, c_last_ordinal, c_last_message, c_state, c_brief) WITH ORDINALITY
      c(id, kind, dialect, namespace, name, label_version, handle, source, definition, parent, status, created_at,
      updated_at, ended_at, due, last_ordinal, last_message, state, brief, n)
    WHERE c.kind = 0 AND NOT c.n = ANY (bad)
    ORDER BY c.n
    ON CONFLICT (id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    SELECT count(*) INTO expected FROM unnest(c_kind) WITH ORDINALITY c(kind, n) WHERE c.kind = 0 AND NOT c.n = ANY (bad);
    IF inserted < expected THEN
      -- Rare: another execution has the id. Those that were inserted just now are this transaction's own.
      SELECT coalesce(array_agg(c.n::integer), '{}') INTO lost
      FROM unnest(c_id, c_kind) WITH ORDINALITY c(id, kind, n) JOIN executions e ON e.id = c.id
      WHERE c.kind = 0 AND NOT c.n = ANY (bad) AND e.xmin <> pg_current_xact_id()::xid;
      stale := stale || lost;
      bad := bad || lost;
    END IF;
  END IF;

  IF 1 = ANY (c_kind) THEN
    UPDATE executions e SET
      status = c.status, updated_at = c.updated_at, created_at = c.created_at, ended_at = c.ended_at, due = c.due, version = e.version + 1,
      reworked = CASE WHEN c.reworked THEN e.version + 1 ELSE e.reworked END, last_ordinal = c.last_ordinal, last_message = c.last_message,
      state = c.state, definition = coalesce(c.definition, e.definition), namespace = coalesce(c.namespace, e.namespace),
      name = coalesce(c.name, e.name), label_version = coalesce(c.label_version, e.label_version), handle = coalesce(c.handle, e.handle),
      source = coalesce(c.source, e.source), brief = coalesce(c.brief, e.brief)
    FROM unnest(e_place, c_kind, c_namespace, c_name, c_label_version, c_handle, c_source, c_definition, c_status, c_created_at, c_updated_at,
      c_ended_at, c_due, c_last_ordinal, c_last_message, c_state, c_brief, c_reworked) WITH ORDINALITY
      c(place, kind, namespace, name, label_version, handle, source, definition, status, created_at, updated_at,
      ended_at, due, last_ordinal, last_message, state, brief, reworked, n)
    WHERE c.kind = 1 AND e.ctid = c.place AND NOT c.n = ANY (bad);
  END IF;

  IF cardinality(r_n) > 0 THEN
    DELETE FROM attempts t USING (
      SELECT x.place FROM unnest(r_n, r_id, r_ordinal) r(n, id, ordinal) CROSS JOIN LATERAL (
        SELECT k.ctid AS place FROM attempts k WHERE k.execution_id = r.id AND k.ordinal = r.ordinal FOR UPDATE) x
      WHERE NOT r.n = ANY (bad)
    ) gone WHERE t.ctid = gone.place;
  END IF;

  IF -1 = ANY (a_expected) THEN
    INSERT INTO attempts (execution_id, ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at,
      first_claimed_at, last_worker, wake_at, changed, data)
    SELECT a.id, a.ordinal, a.key, a.number, a.queue, a.priority, a.lease_ms, a.state, a.state_at, a.until, a.outcome, a.fence, a.claims, a.opened_at,
      a.first_claimed_at, a.last_worker, a.wake_at, a.changed, a.data
    FROM unnest(a_n, a_id, a_ordinal, a_expected, a_key, a_number, a_queue, a_priority, a_lease_ms, a_state, a_state_at, a_until, a_outcome, a_fence,
      a_claims, a_opened_at, a_first_claimed_at, a_last_worker, a_wake_at, a_changed, a_data)
      a(n, id, ordinal, expected, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence,
      claims, opened_at, first_claimed_at, last_worker, wake_at, changed, data)
    WHERE a.expected = -1 AND NOT a.n = ANY (bad);
  END IF;

  IF 0 <= ANY (a_expected) THEN
    UPDATE attempts t SET number = a.number, state = a.state, state_at = a.state_at, until = a.until, outcome = a.outcome, fence = a.fence,
      claims = a.claims, opened_at = a.opened_at, first_claimed_at = a.first_claimed_at, last_worker = a.last_worker, wake_at = a.wake_at,
      changed = a.changed, data = a.data
    FROM unnest(a_n, a_place, a_expected, a_number, a_state, a_state_at, a_until, a_outcome, a_fence,
      a_claims, a_opened_at, a_first_claimed_at, a_last_worker, a_wake_at, a_changed, a_data)
      a(n, place, expected, number, state, state_at, until, outcome, fence,
      claims, opened_at, first_claimed_at, last_worker, wake_at, changed, data)
    WHERE a.expected >= 0 AND t.ctid = a.place AND NOT a.n = ANY (bad);
  END IF;

  IF cardinality(t_n) > 0 THEN
    DELETE FROM messages m USING unnest(t_n, t_place) t(n, place) WHERE m.ctid = t.place AND NOT t.n = ANY (bad);
  END IF;

  IF cardinality(m_n) > 0 THEN
    -- Only an execution that was removed and made again under its old id can send a number twice: the newer one counts.
    INSERT INTO messages AS x (sender, number, receiver, body, sent_at)
    SELECT m.sender, m.number, m.receiver, m.body, busbar_now() FROM unnest(m_n, m_sender, m_number, m_receiver, m_body) m(n, sender, number, receiver, body)
    WHERE NOT m.n = ANY (bad)
    ON CONFLICT (sender, number) DO UPDATE SET receiver = excluded.receiver, body = excluded.body, sent_at = excluded.sent_at, position = DEFAULT;
  END IF;

  IF cardinality(g_n) > 0 THEN
    INSERT INTO logs (execution_id, last, count, source, lines)
    SELECT g.id, coalesce((SELECT max(l.last) FROM logs l WHERE l.execution_id = g.id), 0) + g.tail, g.count, g.source, g.lines
    FROM unnest(g_n, g_id, g_offset, g_count, g_source, g_lines) g(n, id, tail, count, source, lines)
    WHERE NOT g.n = ANY (bad);
  END IF;

  PERFORM busbar_tally_v1(p_server, array_agg(x.dialect), array_agg(x.status), array_agg(x.by))
  FROM (
    SELECT c.dialect, c.status, 1::bigint AS by FROM unnest(c_dialect, c_status, c_kind, old_status) WITH ORDINALITY c(dialect, status, kind, old, n)
    WHERE c.kind <> 2 AND c.old IS DISTINCT FROM c.status AND NOT c.n = ANY (bad)
    UNION ALL
    SELECT c.dialect, c.old, -1 FROM unnest(c_dialect, c_status, c_kind, old_status) WITH ORDINALITY c(dialect, status, kind, old, n)
    WHERE c.kind = 1 AND c.old IS DISTINCT FROM c.status AND NOT c.n = ANY (bad)
  ) x
  HAVING count(*) > 0;

  answer := array_to_string(stale, ',') || ';' || array_to_string(taken, ',');
  PERFORM busbar_leave_v1(p_server, p_lane, p_flush, answer);
  RETURN answer;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_enter_v1(p_server text, p_lane integer, p_epoch bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM FROM lanes WHERE server = p_server AND lane = p_lane AND epoch = p_epoch FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'lane % of server % is fenced', p_lane, p_server USING ERRCODE = 'BB001'; END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_leave_v1(p_server text, p_lane integer, p_flush bigint, p_result text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE lanes SET flush = p_flush, result = p_result, seen_at = busbar_now() WHERE server = p_server AND lane = p_lane;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_now()
 RETURNS bigint
 LANGUAGE sql
AS $function$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $function$
;

CREATE OR REPLACE FUNCTION public.busbar_put_polls_v1(p_queues text[], p_workers text[], p_moments bigint[], p_most integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_remove_ended_v1(p_server text, p_before bigint, p_most integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_remove_logs_v1(p_before bigint, p_end text, p_most integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_remove_v1(p_server text, p_ids text[])
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
DECLARE
  one text;
  its_dialect text;
  its_status text;
  gone text[] := '{}';
  dialects text[] := '{}';
  statuses text[] := '{}';
BEGIN
  FOREACH one IN ARRAY p_ids LOOP
    DELETE FROM executions e WHERE e.id = one RETURNING e.dialect, e.status INTO its_dialect, its_status;
    CONTINUE WHEN NOT FOUND;
    DELETE FROM attempts a WHERE a.execution_id = one;
    DELETE FROM logs l WHERE l.execution_id = one;
    gone := gone || one;
    dialects := dialects || its_dialect;
    statuses := statuses || its_status;
  END LOOP;
  IF cardinality(gone) = 0 THEN RETURN; END IF;
  -- The outbox has no index by receiver because it is nearly empty: it holds what is on its way.
  DELETE FROM messages m WHERE m.receiver = ANY (gone);
  PERFORM busbar_tally_v1(p_server, dialects, statuses, array_fill(-1::bigint, ARRAY[cardinality(gone)]));
  RETURN QUERY SELECT unnest(gone);
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_seen_workers_v1(p_ids text[], p_moments bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  sighting record;
BEGIN
  FOR sighting IN SELECT s.id, max(s.moment) AS moment FROM unnest(p_ids, p_moments) s(id, moment) GROUP BY s.id ORDER BY s.id COLLATE "C" LOOP
    UPDATE workers w SET last_seen = sighting.moment WHERE w.id = sighting.id AND w.last_seen < sighting.moment;
  END LOOP;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_take_due_v1(p_server text, p_lane integer, p_epoch bigint, p_flush bigint, p_now bigint, p_until bigint, p_limit integer)
 RETURNS TABLE(id text, at bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
BEGIN
  -- Nearly always nothing is due: then nothing is written either.
  PERFORM FROM executions e WHERE e.due <= p_now LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM busbar_enter_v1(p_server, p_lane, p_epoch);
  RETURN QUERY
  WITH picked AS MATERIALIZED (
    SELECT e.ctid AS place, e.due FROM executions e WHERE e.due <= p_now ORDER BY e.due, e.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  ), moved AS (
    UPDATE executions e SET due = p_until FROM picked p WHERE e.ctid = p.place RETURNING e.id, p.due
  ), noted AS (
    SELECT busbar_leave_v1(p_server, p_lane, p_flush, (SELECT string_agg(m.id || ':' || m.due, ' ' ORDER BY m.due, m.id) FROM moved m))
    FROM (SELECT count(*) AS n FROM moved) x WHERE x.n > 0
  )
  SELECT m.id, m.due FROM moved m, noted ORDER BY m.due, m.id;
END $function$
;

CREATE OR REPLACE FUNCTION public.busbar_tally_v1(p_server text, p_dialects text[], p_statuses text[], p_by bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO execution_tallies AS t (server, dialect, status, number)
  SELECT p_server, x.dialect, x.status, sum(x.by) FROM unnest(p_dialects, p_statuses, p_by) x(dialect, status, by)
  GROUP BY x.dialect, x.status HAVING sum(x.by) <> 0 ORDER BY x.dialect, x.status
  ON CONFLICT (server, dialect, status) DO UPDATE SET number = t.number + excluded.number;
END $function$
;
