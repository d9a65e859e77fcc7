// Drives an S3 server with minio-go, the client of the R2 report, and panics on the first thing that
// is not right. Usage: main HOST:PORT. Keys come from AWS_* variables.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const bucket = "from-minio-go"

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(holds bool, what string, got ...any) {
	if !holds {
		panic(fmt.Sprint(what, ": ", got))
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := must(minio.New(os.Args[1], &minio.Options{Creds: credentials.NewEnvAWS(), MaxRetries: 1}))
	must(0, client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	check(must(client.BucketExists(ctx, bucket)), "the bucket is there")

	small := []byte("hello from Go")
	key := "a folder/ünïcode & signs+"
	put := must(client.PutObject(ctx, bucket, key, bytes.NewReader(small), int64(len(small)),
		minio.PutObjectOptions{UserMetadata: map[string]string{"name": "value"}}))
	check(put.ETag == "" || len(put.ETag) == 32, "an entity tag", put.ETag)
	got := must(io.ReadAll(must(client.GetObject(ctx, bucket, key, minio.GetObjectOptions{}))))
	check(bytes.Equal(got, small), "what was put", string(got))
	check(must(client.StatObject(ctx, bucket, key, minio.StatObjectOptions{})).UserMetadata["Name"] == "value", "metadata")

	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	must(client.PutObject(ctx, bucket, "large", bytes.NewReader(large), int64(len(large)),
		minio.PutObjectOptions{PartSize: 5 << 20, ContentType: "video/mp4"}))
	// Of unknown length: minio-go then sends parts.
	must(client.PutObject(ctx, bucket, "streamed", io.MultiReader(bytes.NewReader(large)), -1,
		minio.PutObjectOptions{PartSize: 6 << 20}))
	for _, name := range []string{"large", "streamed"} {
		object := must(client.GetObject(ctx, bucket, name, minio.GetObjectOptions{}))
		check(bytes.Equal(must(io.ReadAll(object)), large), "all of it", name)
		at := make([]byte, 16)
		must(object.ReadAt(at, 16*1000))
		check(string(at) == "0123456789abcdef", "a range", string(at))
	}
	must(client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "copied"},
		minio.CopySrcOptions{Bucket: bucket, Object: key}))

	names := []string{}
	for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, MaxKeys: 2}) {
		must(0, object.Err)
		names = append(names, object.Key)
	}
	check(len(names) == 4, "four objects", names)
	link := must(client.PresignedGetObject(ctx, bucket, "copied", time.Minute, nil))
	check(link.Query().Get("X-Amz-Signature") != "", "a presigned URL")

	doomed := make(chan minio.ObjectInfo)
	go func() {
		defer close(doomed)
		for _, name := range names {
			doomed <- minio.ObjectInfo{Key: name}
		}
	}()
	for failed := range client.RemoveObjects(ctx, bucket, doomed, minio.RemoveObjectsOptions{}) {
		must(0, failed.Err)
	}
	must(0, client.RemoveBucket(ctx, bucket))
	fmt.Println("done")
}
