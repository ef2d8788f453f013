/** What tools read that is no code. */

/** The project's folder. Code runs from dist/src/FOLDER and from dist/bundle/FOLDER, which are equally deep. */
const PROJECT = new URL('../../../', import.meta.url)

/** A file by its path in the project's folder, as `data/services.txt`. */
export function projectFile(path: string): URL {
  return new URL(path, PROJECT)
}
