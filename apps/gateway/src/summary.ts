import { hostPort } from '@ethspan/core/netutil'
import type { Gateway } from './gateway.js'
import { METRICS_PATH } from './metrics/http.js'
import { version } from './version.js'

type Facts = Pick<
  Gateway,
  'enode' | 'pageUrl' | 'hasPage' | 'webPort' | 'metricsUrl' | 'notes' | 'rpc' | 'chain' | 'statsUrl'
>

/**
 * What the program says once it runs: who it is, and what to do next.
 * @param lanHosts addresses under which other machines reach it
 */
export function summary(
  { enode, pageUrl, hasPage, webPort, rpc, metricsUrl, notes, chain, statsUrl }: Facts,
  lanHosts: readonly string[],
): string {
  const lanUrls = lanHosts.map((host) => `http://${hostPort(host, webPort)}/`)
  const lines = [
    `ethspan v${version} is running.`,
    '',
    `  Node     ${enode}`,
    ...(hasPage ? [pageUrl, ...lanUrls].map((url, index) => `  ${index === 0 ? 'Page    ' : '        '} ${url}`) : []),
    ...(statsUrl === undefined ? [] : [`  Stats    ${statsUrl}`]),
    ...(chain === undefined ? [] : [`  Chain    ${chainText(chain)}`]),
    ...(rpc.ipc === undefined ? [] : [`  IPC      ${rpc.ipc}`]),
    ...[rpc.http, rpc.ws, rpc.auth].flatMap((url) => (url === undefined ? [] : [`  JSON-RPC ${url}`])),
    ...(metricsUrl === undefined ? [] : [`  Metrics  ${new URL(METRICS_PATH, metricsUrl)}`]),
    '',
    ...notes.flatMap((note) => [`Note: ${note}`, '']),
    ...(hasPage
      ? ['Open the page, and beside it the same with ?node=own: a node of its own, and the two see each other.']
      : []),
    'Start another node in a second terminal:',
    `  npx ethspan --peers ${enode}`,
    ...(rpc.ipc === undefined ? [] : ['Ask it things:', `  npx ethspan attach ${shellWord(rpc.ipc)}`]),
    'Ctrl-C says goodbye to all peers and ends this node.',
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** Such as `development, network 1337, genesis 0x12…`. */
const chainText = ({ name, networkId, genesis }: NonNullable<Facts['chain']>) =>
  `${name === 'dev' ? 'development' : name}, network ${networkId}, genesis ${genesis}`

/** As one word of a command line. */
const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
