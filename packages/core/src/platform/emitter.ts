/** An event target whose event names and types are known: `M` maps the one to the other. */
export class Emitter<M extends { readonly [K in keyof M]: Event }> {
  readonly #target = new EventTarget()

  /** Calls `listener` for each event of this type, until it is removed or `options.signal` fires. */
  addEventListener<K extends keyof M & string>(
    type: K,
    listener: (event: M[K]) => void,
    options?: { readonly once?: boolean; readonly signal?: AbortSignal },
  ): void {
    this.#target.addEventListener(type, listener as EventListener, options)
  }

  removeEventListener<K extends keyof M & string>(type: K, listener: (event: M[K]) => void): void {
    this.#target.removeEventListener(type, listener as EventListener)
  }

  protected emit(event: M[keyof M]): void {
    this.#target.dispatchEvent(event)
  }
}
