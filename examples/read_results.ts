// Describe a result in a line. It needs `results.d.ts` of schemas.zip, and nothing at run time.

import type { KnownResult } from "../schemas/results";

export function describe(content: string): string {
  const result = JSON.parse(content) as KnownResult;
  if (result.State !== "Success") {
    return `${result.Tag} ${result.State}: ${result.Code} ${result.Message}`;
  }
  switch (result.Tag) {
    case "SoundHound": {
      const songs = result.Operation?.SoundHoundResult?.SongList ?? [];
      return songs.map((song) => `${song.SongName} (${song.SingerName})`).join(", ");
    }
    case "Transcode":
      return `transcoded to ${result.Operation?.Output?.Bucket}/${result.Operation?.Output?.Object}`;
    case "ReviewImage":
      return `${result.Label}, ${result.Score} %`;
    default: {
      const { Tag, JobId } = result; // another Tag, known or not
      return `${Tag} ${JobId}`;
    }
  }
}
