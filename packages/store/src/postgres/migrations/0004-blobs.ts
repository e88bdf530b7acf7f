/** Values too large for a row of an execution, and who uses them. The embedded store keeps them as files. */
export const blobs = `
CREATE TABLE blobs (
  id uuid PRIMARY KEY,
  content bytea NOT NULL,
  put_at bigint NOT NULL
);
-- They are compressed JSON at best and read as a whole: out of the row at once, and not compressed twice.
ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL;
-- For the removal of what nobody came to use.
CREATE INDEX blobs_by_age ON blobs (put_at);

CREATE TABLE blob_uses (
  user_id text COLLATE "C" NOT NULL,
  blob uuid NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, blob)
);
-- For the removal of a blob with its last user.
CREATE INDEX blob_uses_by_blob ON blob_uses (blob);
`
