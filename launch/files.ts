import path from 'node:path'

/** Every name inside the data folder that the launcher uses, in one place. The store names its own files itself. */
export const dataFiles = (dataDir: string) => ({
  /** For clients of the running city: addresses and process id. */
  run: path.join(dataDir, 'run.json'),
  lock: path.join(dataDir, 'lock.json'),
  /** One file for each child process, so that a leftover can be recognised. */
  children: path.join(dataDir, 'children'),
  /** Where a restore makes everything ready; gone once it is complete. */
  restoring: path.join(dataDir, '.restoring'),
  catalogue: path.join(dataDir, 'catalogue.sqlite'),
  forecasts: path.join(dataDir, 'forecasts.sqlite'),
  /** Files of models and the registry of them; see `analytics/registry`. */
  models: path.join(dataDir, 'models'),
  /** What challengers forecast, which nobody is shown. */
  challengers: path.join(dataDir, 'models', 'challengers.sqlite'),
  /** Made from the observations: without it they are looked at again. */
  quality: path.join(dataDir, 'quality.sqlite'),
  observations: path.join(dataDir, 'observations'),
  /** Bodies of imports while they are read. */
  scratch: path.join(dataDir, 'scratch'),
  adminToken: path.join(dataDir, 'secrets', 'admin-token'),
  /** Key and certificate of the city's authority, and what it signed for this server. */
  authority: path.join(dataDir, 'secrets', 'authority'),
  authorityCertificate: path.join(dataDir, 'secrets', 'authority', 'ca.pem'),
  setupToken: path.join(dataDir, 'secrets', 'setup-token'),
  /** Password of a demonstration building's edge agent. */
  devicePassword: (device: string) => path.join(dataDir, 'secrets', 'devices', device),
  edgeConfig: (building: string) => path.join(dataDir, 'edge', `${building}.json`),
  spool: (building: string) => path.join(dataDir, 'edge', `${building}.sqlite`),
  historyJob: (building: string) => path.join(dataDir, 'edge', `${building}-history.json`),
  /** Exists once the demonstration history is complete. */
  historyDone: path.join(dataDir, 'edge', 'history.json'),
  flows: path.join(dataDir, 'flows'),
  /** What the city and its Node-RED both know; a Node-RED in a container of its own mounts this folder. */
  flowsLink: {
    /** Shown by the city's proxy for a visitor whose login it has checked. */
    token: path.join(dataDir, 'flows-link', 'token'),
    /** A key of the city, with which flows read telemetry and tell notices. */
    key: path.join(dataDir, 'flows-link', 'key'),
    /** Seals the credentials inside flows. */
    credentials: path.join(dataDir, 'flows-link', 'credentials'),
  },
})

export type DataFiles = ReturnType<typeof dataFiles>
