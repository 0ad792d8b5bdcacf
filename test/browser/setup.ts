// Global setup of the vitest projects that use Chromium: has it in place before the first test asks for it.
import { executablePath } from './chromium.js'

export default async function setup(): Promise<void> {
  await executablePath()
}
