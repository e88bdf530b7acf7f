/** The schema of a database as text, the same on every version of PostgreSQL: for reviewers, who see what a migration did. */
import type pg from 'pg'

const tables = `
SELECT format(E'CREATE TABLE %I (\\n%s\\n)%s;', c.relname, string_agg('  ' || line, E',\\n' ORDER BY place, line), options) AS sql
FROM pg_class c
CROSS JOIN LATERAL (SELECT coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS options) o
CROSS JOIN LATERAL (
  SELECT a.attnum::int AS place, format('%I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN l.collname = 'C' THEN ' COLLATE "C"' ELSE '' END, CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
    CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') END) AS line
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum LEFT JOIN pg_collation l ON l.oid = a.attcollation
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 10000, format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n'
) x
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
GROUP BY c.relname, options ORDER BY c.relname`

// The index of a constraint stands with it.
const indexes = `
SELECT pg_get_indexdef(i.indexrelid) || ';' AS sql FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.relname`

const functions = `
SELECT pg_get_functiondef(p.oid) || ';' AS sql FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace ORDER BY p.proname, p.oid`

export async function dumpOf(client: pg.ClientBase): Promise<string> {
  const found: string[] = []
  for (const text of [tables, indexes, functions]) found.push(...(await client.query<{ sql: string }>(text)).rows.map(({ sql }) => `${sql}\n`))
  return found.join('\n')
}
