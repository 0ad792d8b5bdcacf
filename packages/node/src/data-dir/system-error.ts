import { asError } from '@ethspan/core'

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it is not a directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
}

/** The system's name of an error, such as `ENOENT`. */
export const systemCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code

/** What went wrong with a file, in words. */
export const systemErrorText = (error: unknown): string => WORDS[systemCode(error) ?? ''] ?? asError(error).message

/** The same of a file that was to be made: what does not exist is then its folder. */
export const unwritableText = (error: unknown): string =>
  systemCode(error) === 'ENOENT' ? 'its folder does not exist' : systemErrorText(error)
