import { defineConfig } from 'vitest/config'
import { engineProjects } from './vitest.projects.ts'

export default defineConfig({
  test: { maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000, projects: engineProjects },
})
