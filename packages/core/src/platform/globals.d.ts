// The few web-standard globals that Node and every browser share. Core is compiled without DOM and without Node types, so
// whatever is not named here does not exist for it: no socket, no Buffer, no stray timer.

interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  // biome-ignore lint/suspicious/noExplicitAny: the standard's own type; an abort reason can be anything
  readonly reason: any
  throwIfAborted(): void
}
declare var AbortSignal: {
  prototype: AbortSignal
  any(signals: readonly AbortSignal[]): AbortSignal
  // biome-ignore lint/suspicious/noExplicitAny: as above
  abort(reason?: any): AbortSignal
}
interface AbortController {
  readonly signal: AbortSignal
  // biome-ignore lint/suspicious/noExplicitAny: as above
  abort(reason?: any): void
}
declare var AbortController: { prototype: AbortController; new (): AbortController }

interface Event {
  readonly type: string
}
declare var Event: { prototype: Event; new (type: string): Event }
interface AddEventListenerOptions {
  once?: boolean
  signal?: AbortSignal
}
interface EventListener {
  // biome-ignore lint/suspicious/noExplicitAny: listeners narrow the event; the standard's type cannot
  (event: any): void
}
interface EventTarget {
  addEventListener(type: string, listener: EventListener | null, options?: AddEventListenerOptions | boolean): void
  removeEventListener(type: string, listener: EventListener | null, options?: boolean): void
  dispatchEvent(event: Event): boolean
}
declare var EventTarget: { prototype: EventTarget; new (): EventTarget }

interface TextEncoder {
  encode(text: string): Uint8Array
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder }
interface TextDecoder {
  decode(bytes: Uint8Array): string
}
declare var TextDecoder: {
  prototype: TextDecoder
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder
}
declare function atob(base64: string): string
declare function btoa(binary: string): string

interface URL {
  readonly href: string
  readonly protocol: string
  readonly username: string
  readonly password: string
  readonly hostname: string
  readonly host: string
  readonly port: string
  readonly pathname: string
  readonly search: string
  readonly hash: string
  readonly searchParams: { get(name: string): string | null; keys(): IterableIterator<string> }
}
declare var URL: { prototype: URL; new (url: string, base?: string): URL }

interface MessagePort extends EventTarget {
  onmessage: ((event: Event) => void) | null
  postMessage(message: undefined): void
  close(): void
}
declare var MessageChannel: {
  prototype: object
  new (): { readonly port1: MessagePort; readonly port2: MessagePort }
}

declare function queueMicrotask(callback: () => void): void
