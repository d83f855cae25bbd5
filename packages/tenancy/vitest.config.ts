import { defineConfig } from 'vitest/config'
import { engineProjects } from './vitest.projects.ts'

export default defineConfig({
  test: { maxWorkers: 2, testTimeout: 20_000, hookTimeout: 30_000, projects: engineProjects },
})
