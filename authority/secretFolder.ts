/** Where keys and certificates are kept: files that only their owner may read. */
export interface SecretFolder {
  read(name: string): string | undefined
  /** The whole text or nothing of it, durable when it returns. */
  write(name: string, text: string): void
}
