package redact

import (
	"strings"
	"sync"
)

// harmless remembers short texts in which a scan has found nothing: the answers of one service repeat the same keys,
// ids and words, and each is met when it comes, when it is judged and when it is shown. It forgets them when a secret
// becomes known, which any of them may hold.
type harmless struct {
	mu         sync.Mutex
	generation int
	texts      map[string]scanKind
}

// scanKind is a set of kinds of scans, which look for more or less.
type scanKind uint8

const (
	toShow scanKind = 1 << iota
	toLearnSent
	toLearnReceived
)

const (
	maxHarmless      = 16 << 10 // texts
	maxHarmlessBytes = 256      // of one text
)

func (s *scanner) kind() scanKind {
	switch {
	case s.finder == nil:
		return toShow
	case s.finder.sent:
		return toLearnSent
	default:
		return toLearnReceived
	}
}

// has reports whether a scan of that kind has found nothing in the text. The generation is for note.
func (h *harmless) has(text string, kind scanKind) (is bool, generation int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := h.texts[text]
	return found&kind != 0 || kind == toShow && found != 0, h.generation
}

// note remembers that a scan found nothing, unless a secret has become known since the generation was told.
func (h *harmless) note(text string, kind scanKind, generation int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if generation != h.generation {
		return
	}
	if h.texts == nil || len(h.texts) >= maxHarmless {
		h.texts = map[string]scanKind{}
	}
	h.texts[strings.Clone(text)] |= kind // the text may be a part of a long one
}

func (h *harmless) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.generation++
	h.texts = nil
}
