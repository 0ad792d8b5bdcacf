// Where the browser tests take their Chromium from: the system's where there is one, else the one in @sparticuz/chromium.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium, type LaunchOptions } from 'playwright'

/** Set to the path of a Chrome or Chromium to use that one and no other. */
export const CHROMIUM_PATH_VARIABLE = 'CHROMIUM_PATH'

const NAMES_ON_PATH = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']

const usualPlaces = (): string[] => {
  const home = process.env.HOME ?? ''
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome.app/Contents/MacOS/Google Chrome', 'Chromium.app/Contents/MacOS/Chromium']
    return apps.flatMap((app) => [`/Applications/${app}`, join(home, 'Applications', app)])
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    return roots.filter((root) => root !== undefined).map((root) => join(root, 'Google/Chrome/Application/chrome.exe'))
  }
  return ['/opt/google/chrome/chrome', '/snap/bin/chromium']
}

const systemPath = (): string | undefined => {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '')
  const onPath = NAMES_ON_PATH.flatMap((name) => directories.map((directory) => join(directory, name)))
  // Last, the browser that `npx playwright install chromium` downloads.
  return [...onPath, ...usualPlaces(), chromium.executablePath()].find((path) => path !== '' && existsSync(path))
}

// The package ships x86-64 Linux alone.
const canUnpack = process.platform === 'linux' && process.arch === 'x64'

const packageDirectory = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../..')

/** In node_modules, and by version, so that each checkout unpacks once and an update unpacks again. */
const unpackedDirectory = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageDirectory(), 'package.json'), 'utf8')) as { version: string }
  const root = fileURLToPath(new URL('../..', import.meta.url))
  return join(root, 'node_modules/.cache', `chromium-${version}`)
}

// Libraries and fonts of the package fill in only where the system has none, as in a slim container.
const launcher = `#!/bin/sh
here=$(dirname "$0")
case "$(ldd "$here/chromium" 2>&1)" in *'not found'*) export LD_LIBRARY_PATH="$here/al2023/lib" ;; esac
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
`

const fontConfig = (directory: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${directory}/fonts</dir><cachedir>${directory}/fonts-cache</cachedir></fontconfig>
`

const unpack = async (): Promise<void> => {
  const target = unpackedDirectory()
  if (existsSync(target)) return
  await mkdir(dirname(target), { recursive: true })
  const directory = await mkdtemp(`${target}-`)
  try {
    // A process of its own, because the package unpacks to the temporary directory of the process; the second variable
    // makes it unpack its libraries too.
    await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`],
      {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        env: { ...process.env, TMPDIR: directory, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
      },
    )
    await writeFile(join(directory, 'chrome'), launcher, { mode: 0o755 })
    await writeFile(join(directory, 'fonts.conf'), fontConfig(target))
    await rename(directory, target)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    // Another process that unpacked at the same time was first: its files are as good.
    if (!existsSync(target)) throw error
  }
}

/**
 * Where Chromium is, or will be once {@link executablePath} has unpacked it; undefined where there is none. It does no
 * work, so that a configuration file can ask.
 */
export const plannedPath = (): string | undefined =>
  process.env[CHROMIUM_PATH_VARIABLE] || systemPath() || (canUnpack ? join(unpackedDirectory(), 'chrome') : undefined)

/** The path of a Chromium that can be launched; unpacks it where needed (some seconds, once). */
export const executablePath = async (): Promise<string> => {
  const path = plannedPath()
  if (path === undefined) {
    throw new Error(
      `The browser tests need Chrome or Chromium: install one, or set ${CHROMIUM_PATH_VARIABLE} to its path.`,
    )
  }
  if (canUnpack && path.startsWith(unpackedDirectory())) await unpack()
  if (!existsSync(path)) throw new Error(`There is no Chrome or Chromium at ${path}.`)
  return path
}

/**
 * For playwright's `launch`. Nothing but `--no-sandbox` (tests may run as root): the arguments that @sparticuz/chromium
 * proposes put all in one process, which dies when a second context closes.
 */
export const launchOptions = (path: string | undefined): LaunchOptions => ({
  ...(path === undefined ? {} : { executablePath: path }),
  args: ['--no-sandbox'],
})

/** A headless Chromium, driven from Node, with `args` added to its command line. The caller closes it. */
export const launchChromium = async (args: readonly string[] = []): Promise<Browser> => {
  const options = launchOptions(await executablePath())
  return chromium.launch({ ...options, args: [...(options.args ?? []), ...args] })
}
