import { useEffect, useState } from 'preact/hooks'
import { copyText } from './copy.js'
import { Icon } from './icons.js'

/** How long the button says how it went; milliseconds. */
const ANSWER_SHOWN = 1600

/** `what` completes "Copy …" for assistive technology. */
export function CopyButton({ text, what, label }: { text: string; what: string; label?: string }) {
  const [answer, setAnswer] = useState<'copied' | 'refused' | undefined>(undefined)
  useEffect(() => {
    if (answer === undefined) return
    const timer = setTimeout(() => setAnswer(undefined), ANSWER_SHOWN)
    return () => clearTimeout(timer)
  }, [answer])
  const copy = async () => setAnswer((await copyText(text)) ? 'copied' : 'refused')
  const words = answer === 'copied' ? 'Copied' : answer === 'refused' ? 'Not allowed' : label
  return (
    <button type="button" class={label ? 'button' : 'button icon-only'} aria-label={`Copy ${what}`} onClick={copy}>
      <Icon name={answer === 'copied' ? 'check' : answer === 'refused' ? 'close' : 'copy'} />
      {words !== undefined && <span>{words}</span>}
      <span class="offscreen" role="status">
        {answer === 'copied' ? `Copied ${what}` : answer === 'refused' ? 'The browser refused to copy' : ''}
      </span>
    </button>
  )
}
