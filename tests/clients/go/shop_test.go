// Package clients runs clients for Go against the server that DOVETAIL_URL names.
package clients

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// Order is a message of a small shop.
type Order struct {
	OrderID string  `avro:"order_id" json:"order_id"`
	UserID  int64   `avro:"user_id" json:"user_id"`
	Total   float64 `avro:"total" json:"total"`
}

var order = Order{OrderID: "o-1", UserID: 7, Total: 12.5}

const (
	coupon                 = `{"name":"coupon","type":["null","string"],"default":null}`
	priorityWithoutDefault = `{"name":"priority","type":"int"}`
	item                   = `{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"}]}`
	basket                 = `{"type":"record","name":"Basket","namespace":"shop","fields":[{"name":"item","type":"shop.Item"}]}`
)

func avroOrder(extra ...string) string {
	fields := append([]string{
		`{"name":"order_id","type":"string"}`,
		`{"name":"user_id","type":"long"}`,
		`{"name":"total","type":"double"}`,
	}, extra...)
	return `{"type":"record","name":"OrderPlaced","namespace":"shop","fields":[` + strings.Join(fields, ",") + `]}`
}

func url(t *testing.T) string {
	t.Helper()
	url := os.Getenv("DOVETAIL_URL")
	if url == "" {
		t.Fatal("DOVETAIL_URL names the server under test")
	}
	return url
}

// newTopic is a topic that no other test uses.
func newTopic(t *testing.T) string {
	return strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func equal[T comparable](t *testing.T, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Fatalf("got %v, wanted %v", got, wanted)
	}
}

func sameList[T comparable](t *testing.T, got []T, wanted ...T) {
	t.Helper()
	if !slices.Equal(got, wanted) {
		t.Fatalf("got %v, wanted %v", got, wanted)
	}
}

func contains(t *testing.T, list []string, wanted string) {
	t.Helper()
	if !slices.Contains(list, wanted) {
		t.Fatalf("%v lacks %s", list, wanted)
	}
}

func sameJSON(t *testing.T, got, wanted string) {
	t.Helper()
	canonical := func(text string) string {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		return string(must(json.Marshal(value))(t))
	}
	equal(t, canonical(got), canonical(wanted))
}

// idIn reads the schema id in the frame: a zero byte, then four bytes, highest first.
func idIn(t *testing.T, payload []byte) int {
	t.Helper()
	equal(t, payload[0], 0)
	return int(binary.BigEndian.Uint32(payload[1:5]))
}
