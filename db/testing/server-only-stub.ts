// Replaces "server-only", which cannot be loaded outside of Next.
export {}
