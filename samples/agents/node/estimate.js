// There is no model behind these agents; what one would have read and written is estimated at four characters a token.
export const estimate = (read, written) => ({ inputTokens: Math.floor(read / 4), outputTokens: Math.floor(written / 4) });

export const lengthOf = (passages) => passages.reduce((sum, { text }) => sum + text.length, 0);
