import type { Migrations } from '../../store/sqlite.ts'

/** One champion and one challenger for each property and building; '' = all buildings. */
export const MIGRATIONS: Migrations = [
  `
  CREATE TABLE model (
    id TEXT PRIMARY KEY,
    property TEXT NOT NULL,
    building TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('champion', 'challenger', 'retired', 'refused')),
    reason TEXT NOT NULL,
    state_since_ms INTEGER NOT NULL,
    data TEXT NOT NULL,
    code_version TEXT NOT NULL,
    trained_ms INTEGER NOT NULL,
    training_seconds REAL NOT NULL,
    metrics TEXT,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_champion ON model (property, building) WHERE state = 'champion';
  CREATE UNIQUE INDEX one_challenger ON model (property, building) WHERE state = 'challenger';
  CREATE TABLE model_event (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    model TEXT NOT NULL REFERENCES model (id),
    state TEXT NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE TABLE day_score (
    model TEXT NOT NULL REFERENCES model (id),
    building TEXT NOT NULL,
    day_ms INTEGER NOT NULL,
    hours INTEGER NOT NULL,
    pinball REAL NOT NULL,
    squares REAL NOT NULL,
    inside INTEGER NOT NULL,
    truth REAL NOT NULL,
    PRIMARY KEY (model, building, day_ms)
  ) STRICT, WITHOUT ROWID;
  `,
]
