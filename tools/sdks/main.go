// Command sdks reads a package's schema on stdin and writes its SDKs for Go and Node.js, as
// `pulumi package add` does, into the folders go and nodejs below its argument.
//
// The CLI leaves this to its language hosts, which are in no registry. They call the same functions.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: sdks FOLDER < SCHEMA"))
	}
	var spec schema.PackageSpec
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		fail(err)
	}
	languages := map[string]func(*schema.Package) (map[string][]byte, error){
		"go": func(pkg *schema.Package) (map[string][]byte, error) {
			return gen.GeneratePackage("sdks", pkg, nil)
		},
		"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
			return nodejs.GeneratePackage("sdks", pkg, nil, nil, true, noPackages{})
		},
	}
	for language, generate := range languages {
		files, err := generateFrom(spec, generate)
		if err == nil {
			err = write(filepath.Join(os.Args[1], language), files)
		}
		if err != nil {
			fail(fmt.Errorf("%s: %w", language, err))
		}
	}
}

// generateFrom binds the schema for one language: a generator leaves its own data in the package.
func generateFrom(
	spec schema.PackageSpec, generate func(*schema.Package) (map[string][]byte, error),
) (map[string][]byte, error) {
	pkg, problems, err := schema.BindSpec(spec, noPackages{}, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	pkg.SupportPack = true // as `pulumi package add` does for every package
	return generate(pkg)
}

func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// noPackages loads nothing: the schema references no other package.
type noPackages struct{}

var errNoPackages = errors.New("the schema must not reference another package")

func (noPackages) LoadPackage(string, *semver.Version) (*schema.Package, error) {
	return nil, errNoPackages
}

func (noPackages) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, errNoPackages
}

func (noPackages) LoadPackageReference(string, *semver.Version) (schema.PackageReference, error) {
	return nil, errNoPackages
}

func (noPackages) LoadPackageReferenceV2(
	context.Context, *schema.PackageDescriptor,
) (schema.PackageReference, error) {
	return nil, errNoPackages
}
