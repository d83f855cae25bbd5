// Stands in for "server-only", which would refuse to load outside Next.
export {}
