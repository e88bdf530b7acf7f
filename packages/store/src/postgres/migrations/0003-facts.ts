/** What the servers of a store agreed on. */
export const facts = `
CREATE TABLE facts (
  name text COLLATE "C" PRIMARY KEY,
  text text NOT NULL
);
`
