/** What the servers of a store agreed on. */
export const facts = `
CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`
