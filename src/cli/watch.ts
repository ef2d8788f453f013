/** Notices that a file was replaced: by a rename, through a link on its way, or rewritten in place. */
import fs from 'node:fs/promises'

/** How often a file is looked at; a change is taken for complete once it has stood for so long. */
const INTERVAL_MS = 500

/** What tells a file from what was there before: another text once it is replaced or written to, or gone. */
export async function fileIdentity(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await fs.stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(':')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

/**
 * Calls `onChange` when the file at `path` is another than that of the identity that `known` gives, and has come to rest; again and again
 * as long as it is, until it is no longer wanted. Keeps no process alive.
 */
export function watchFile(
  path: string,
  known: () => string,
  onChange: () => Promise<unknown>,
  { intervalMs = INTERVAL_MS, isWanted = () => true }: { intervalMs?: number; isWanted?: () => boolean } = {}
): void {
  let seen = known()
  const look = async (): Promise<void> => {
    if (!isWanted()) return
    const now = await fileIdentity(path)
    if (now !== known() && now === seen) await onChange()
    seen = now
    lookLater()
  }
  const lookLater = (): void => {
    setTimeout(() => void look(), intervalMs).unref()
  }
  lookLater()
}
