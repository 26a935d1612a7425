// Ask golang.org/x/mod's note and tlog. In: {name: question}, out: {name: "" or why refused}.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind          string
	Note, VKey    string
	Proof         []string
	Size, OldSize int64
	Root, OldRoot string
	Index         int64
	Entry         []byte
	Tiles         map[string][]byte
}

func hash(s string) tlog.Hash {
	data, err := base64.StdEncoding.DecodeString(s)
	var h tlog.Hash
	if err != nil || len(data) != len(h) {
		panic("not a hash")
	}
	copy(h[:], data)
	return h
}

func hashes(all []string) (found []tlog.Hash) {
	for _, one := range all {
		found = append(found, hash(one))
	}
	return found
}

// recomputed reads the leaves out of the lowest tiles and makes every tile and the root from them.
// (TileHashReader would read tiles too, but this package's version of it does not check them all.)
func recomputed(q question) error {
	grown := []tlog.Hash{}
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, grown[index])
		}
		return found, nil
	})
	tiles := []tlog.Tile{}
	for _, tile := range tlog.NewTiles(8, 0, q.Size) {
		// It lists every width a growing tile ever had; the last is what is left.
		if tile.W == 256 || int64(tile.W) == q.Size>>(8*uint(tile.L))&255 {
			tiles = append(tiles, tile)
		}
	}
	if len(tiles) != len(q.Tiles) {
		return fmt.Errorf("%d tiles where there should be %d", len(q.Tiles), len(tiles))
	}
	for _, tile := range tiles {
		data := q.Tiles[tile.Path()]
		if len(data) != tile.W*tlog.HashSize {
			return fmt.Errorf("no whole tile %s", tile.Path())
		}
		for n := 0; tile.L == 0 && n < tile.W; n++ {
			index := tile.N<<8 + int64(n)
			leaf, err := tlog.HashFromTile(tile, data, tlog.StoredHashIndex(0, index))
			if err != nil {
				return err
			}
			more, err := tlog.StoredHashesForRecordHash(index, leaf, reader)
			if err != nil {
				return err
			}
			grown = append(grown, more...)
		}
	}
	if root, err := tlog.TreeHash(q.Size, reader); err != nil || root != hash(q.Root) {
		return fmt.Errorf("another root (%v)", err)
	}
	for _, tile := range tiles {
		expected, err := tlog.ReadTileData(tile, reader)
		if err != nil || !bytes.Equal(expected, q.Tiles[tile.Path()]) {
			return fmt.Errorf("tile %s is another (%v)", tile.Path(), err)
		}
	}
	return nil
}

func ask(q question) error {
	switch q.Kind {
	case "note":
		verifier, err := note.NewVerifier(q.VKey)
		if err != nil {
			return err
		}
		_, err = note.Open([]byte(q.Note), note.VerifierList(verifier))
		return err
	case "inclusion":
		return tlog.CheckRecord(hashes(q.Proof), q.Size, hash(q.Root), q.Index, tlog.RecordHash(q.Entry))
	case "consistency":
		return tlog.CheckTree(hashes(q.Proof), q.Size, hash(q.Root), q.OldSize, hash(q.OldRoot))
	case "tiles":
		return recomputed(q)
	}
	return fmt.Errorf("unknown question %q", q.Kind)
}

func main() {
	asked := map[string]question{}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	verdicts := map[string]string{}
	for name, q := range asked {
		verdicts[name] = ""
		if err := ask(q); err != nil {
			verdicts[name] = err.Error()
		}
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}
