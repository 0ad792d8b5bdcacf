#!/usr/bin/env node
// Committed as it is: npm links a command at install only where its file exists, and in a checkout dist/ comes later.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('ethspan: this checkout is not built yet; run npm run build first')
  process.exitCode = 1
}
