/* Whether bytes are one JSON object and nothing else: a client lets pass what it cannot read. */

enum { MOST_DEPTH = 64 };

struct text {
    const unsigned char *at, *end;
};

static int is_value(struct text *text, int depth);

static int next(struct text *text) {
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n' || *text->at == '\r' || *text->at == '\t')) text->at++;
    return text->at < text->end ? *text->at : -1;
}

static int is_next(struct text *text, int byte) {
    if (next(text) != byte) return 0;
    text->at++;
    return 1;
}

static int is_hex(int byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static int is_escape(struct text *text) {
    if (text->at >= text->end) return 0;
    int byte = *text->at++;
    if (byte != 'u') return byte != 0 && strchr("\"\\/bfnrt", byte) != NULL;
    for (int i = 0; i < 4; i++)
        if (text->at >= text->end || !is_hex(*text->at++)) return 0;
    return 1;
}

static int is_string(struct text *text) {
    if (!is_next(text, '"')) return 0;
    while (text->at < text->end) {
        int byte = *text->at++;
        if (byte == '"') return 1;
        if (byte < ' ' || (byte == '\\' && !is_escape(text))) return 0;
    }
    return 0;
}

static int digits(struct text *text) {
    const unsigned char *from = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9') text->at++;
    return text->at > from;
}

static int is_number(struct text *text) {
    if (*text->at == '-') text->at++;
    int is_zero = text->at < text->end && *text->at == '0';
    const unsigned char *from = text->at;
    if (!digits(text) || (is_zero && text->at - from > 1)) return 0;
    if (text->at < text->end && *text->at == '.') {
        text->at++;
        if (!digits(text)) return 0;
    }
    if (text->at < text->end && (*text->at == 'e' || *text->at == 'E')) {
        text->at++;
        if (text->at < text->end && (*text->at == '+' || *text->at == '-')) text->at++;
        if (!digits(text)) return 0;
    }
    return 1;
}

static int is_word(struct text *text, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0) return 0;
    text->at += length;
    return 1;
}

/* What stands between two brackets, after the first of them. */
static int are_members(struct text *text, int close, int depth) {
    if (is_next(text, close)) return 1;
    do {
        if (close == '}' && !(is_string(text) && is_next(text, ':'))) return 0;
        if (!is_value(text, depth + 1)) return 0;
    } while (is_next(text, ','));
    return is_next(text, close);
}

static int is_value(struct text *text, int depth) {
    int byte = next(text);
    if (depth > MOST_DEPTH || byte < 0) return 0;
    if (byte == '{' || byte == '[') {
        text->at++;
        return are_members(text, byte == '{' ? '}' : ']', depth);
    }
    if (byte == '"') return is_string(text);
    if (byte == '-' || (byte >= '0' && byte <= '9')) return is_number(text);
    return is_word(text, "true") || is_word(text, "false") || is_word(text, "null");
}

static int is_json_object(const unsigned char *bytes, size_t length) {
    struct text text = {bytes, bytes + length};
    return next(&text) == '{' && is_value(&text, 0) && next(&text) < 0;
}
