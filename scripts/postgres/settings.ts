/**
 * Settings for the server's command line, so that a change here needs no new data directory. No
 * value may contain a space.
 */
export function settings({ port, durable }: { port: number; durable: boolean }): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'password_encryption=scram-sha-256',
    'max_connections=200',
    'shared_buffers=256MB',
    // Dropping or dumping many schemas in one transaction takes a lock per table.
    'max_locks_per_transaction=256',
    'wal_level=replica',
    ...(process.platform === 'linux' ? ['recovery_init_sync_method=syncfs'] : []),
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
}
