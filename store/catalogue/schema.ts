import type { Migrations } from '../sqlite.ts'

/** The catalogue's schema. A released migration is never edited: add the next one at the end. */
export const CATALOGUE_MIGRATIONS: Migrations = [
  `
  CREATE TABLE thing (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    brick_class TEXT
  ) STRICT;

  CREATE TABLE datastream (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    thing_id INTEGER NOT NULL REFERENCES thing (id),
    property TEXT NOT NULL,
    unit TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('instant', 'interval', 'counter')),
    brick_class TEXT,
    interval_seconds REAL,
    longest_interval_seconds REAL,
    time_zone TEXT,
    undeclared INTEGER NOT NULL CHECK (undeclared IN (0, 1))
  ) STRICT;

  CREATE TABLE device (
    id TEXT PRIMARY KEY,
    building TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER,
    status TEXT NOT NULL CHECK (status IN ('online', 'offline', 'never')),
    status_ms INTEGER,
    last_seen_ms INTEGER,
    forbidden_count INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE user (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_expiry ON session (expires_ms);
  CREATE INDEX session_user ON session (user_name);

  CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
  ) STRICT;

  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    topic TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    size_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX quarantine_device ON quarantine (device, id);

  CREATE TABLE quarantine_count (
    device TEXT PRIMARY KEY,
    added INTEGER NOT NULL,
    dropped INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_ms INTEGER NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('alarm', 'warning', 'info')),
    about TEXT NOT NULL,
    message TEXT NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE device ADD COLUMN previous_hash BLOB;
  ALTER TABLE device ADD COLUMN previous_until_ms INTEGER;

  CREATE TABLE certificate (
    serial TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    issued_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    revoked_ms INTEGER
  ) STRICT;
  CREATE INDEX certificate_device ON certificate (device);
  `,
  `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
  CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
  CREATE TRIGGER audit_goes_on_at_its_end BEFORE INSERT ON audit
    WHEN new.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
  `,
  `
  CREATE TABLE birth (
    device TEXT PRIMARY KEY,
    payload BLOB NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE device ADD COLUMN gateway TEXT;
  `,
  `
  CREATE TABLE label (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    about TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE vote_count (
    building TEXT NOT NULL,
    zone TEXT NOT NULL,
    hour_ms INTEGER NOT NULL,
    choice TEXT NOT NULL CHECK (choice IN ('cold', 'fine', 'warm')),
    votes INTEGER NOT NULL,
    PRIMARY KEY (building, hour_ms, zone, choice)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE vote_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    building TEXT NOT NULL,
    zone TEXT,
    day TEXT NOT NULL,
    text_id TEXT,
    text_en TEXT,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX vote_change_building ON vote_change (building, day);

  CREATE TABLE report (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    building TEXT NOT NULL,
    zone TEXT,
    category TEXT NOT NULL,
    text TEXT,
    status TEXT NOT NULL CHECK (status IN ('received', 'looking', 'done', 'declined')),
    outcome_id TEXT,
    outcome_en TEXT,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    closed_ms INTEGER
  ) STRICT;
  CREATE INDEX report_closed ON report (closed_ms) WHERE text IS NOT NULL;
  `,
  `
  CREATE TABLE foreign_source (
    datastream TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    mapped INTEGER NOT NULL CHECK (mapped IN (0, 1))
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE erasure (
    about TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL
  ) STRICT;
  `,
]
