package contract

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Bodies that are no JSON come whole. That they may be kept for a time is judged on every answer.
var _ = Describe("20x success of bytes", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("FetchTenantBrandLogo")) {
		for _, uploading := range spec.Operations(spec.Named("UploadTenantBrandLogo")) {
			spec.Register(servedWhole(op, uploading))
		}
	}
	for _, op := range spec.Operations(spec.Named("DownloadStoredReport")) {
		for _, list := range spec.Operations(spec.Named("FetchStoredReports")) {
			spec.Register(asLongAsListed(op, list))
		}
	}
})

// servedWhole compares a tenant's logo with the one that was uploaded last. What the control of the upload has given to
// another tenant since is not the same: see logo_partner in objects.yml.
func servedWhole(op, uploading *schemas.Operation) spec.Spec {
	sp := reading(op, uploading, "bytes", "")
	sp.Objects = func(n session.Needs) { spec.NeedControl(n, op.ID) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		call, control := spec.Catalogue().Call(op.ID), s.Controls[op.ID]
		if control == nil || control.Exchange == nil || control.Exchange.Last().Error != "" {
			return spec.Case{}, spec.Inconclusive("the logo cannot be read: see 20x/valid-token/" + op.ID)
		}
		r, vars, err := spec.CallOn(s, op, session.ControlKey(op, call), id)
		if err != nil {
			return spec.Case{}, err
		}
		upload, err := s.Catalogue.Made(call.Object, uploading.ID, vars)
		also := func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status() != op.Success() {
				return nil, nil, nil // the oracle has said so
			}
			return sameBytes(e.Last().Body, upload.Body), nil, nil
		}
		return spec.Case{Request: r, Check: also}, err
	}
	return sp
}

// sameBytes asks for the picture that was uploaded. A service may write it again, with the same points.
func sameBytes(served, sent []byte) []schemas.Violation {
	if bytes.Equal(served, sent) || samePicture(served, sent) {
		return nil
	}
	same := 0
	for same < min(len(served), len(sent)) && served[same] == sent[same] {
		same++
	}
	return []schemas.Violation{{Path: "body", Rule: "bytes", Found: fmt.Sprintf("%d bytes", len(served)),
		Detail: fmt.Sprintf("%d bytes were uploaded, and what is served differs from byte %d on", len(sent), same)}}
}

func samePicture(served, sent []byte) bool {
	rest := bytes.NewReader(served)
	is, err := png.Decode(rest)
	was, unread := png.Decode(bytes.NewReader(sent))
	if err != nil || unread != nil || rest.Len() > 0 || is.Bounds() != was.Bounds() {
		return false
	}
	for y := is.Bounds().Min.Y; y < is.Bounds().Max.Y; y++ {
		for x := is.Bounds().Min.X; x < is.Bounds().Max.X; x++ {
			if color.NRGBAModel.Convert(is.At(x, y)) != color.NRGBAModel.Convert(was.At(x, y)) {
				return false
			}
		}
	}
	return true
}

// asLongAsListed downloads a stored report and compares its size with the one that the list names. The list need
// not name one, and while the report is in progress it says nothing.
func asLongAsListed(op, list *schemas.Operation) spec.Spec {
	sp := reading(op, op, "size", "")
	key := session.ControlKey(op, spec.Catalogue().Call(op.ID))
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, key, id)
		if err != nil {
			return spec.Case{}, err
		}
		listed, err := s.Catalogue.Request(list.ID, vars)
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status() != op.Success() {
				return nil, nil, nil // the oracle has said so
			}
			seen, err := s.Send(ctx, id, listed, nil)
			if err != nil {
				return nil, spec.Exchanges(seen), err
			}
			wrong, err := asLongAs(seen, vars, len(e.Last().Body))
			return wrong, spec.Exchanges(seen), err
		}
		return spec.Case{Request: r, Check: also}, err
	}
	return sp
}

func asLongAs(list *exchange.Exchange, vars fixtures.Vars, size int) ([]schemas.Violation, error) {
	for _, item := range spec.Items(list) {
		file, _ := item.(map[string]any)
		if file["id"] != vars["stored_report_id"] {
			continue
		}
		if file["status"] != "saved" {
			return nil, spec.Inconclusive(fmt.Sprintf("the stored report is %v", file["status"]))
		}
		if named := fmt.Sprint(file["size"]); file["size"] != nil && named != fmt.Sprint(size) {
			return []schemas.Violation{{Path: "body", Rule: "bytes", Found: fmt.Sprintf("%d bytes", size),
				Detail: "the list of stored reports names a size of " + named}}, nil
		}
		return nil, nil
	}
	return nil, spec.Inconclusive("the stored report is not listed: see 20x/valid-token/FetchStoredReports")
}
