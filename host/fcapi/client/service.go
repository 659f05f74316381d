package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Service groups functions.
type Service struct {
	Name        string    `json:"serviceName"`
	ID          string    `json:"serviceId"`
	Description string    `json:"description"`
	Created     time.Time `json:"createdTime"`
	Modified    time.Time `json:"lastModifiedTime"`
	ETag        string    `json:"-"` // empty in lists
}

type serviceInput struct {
	Name        string  `json:"serviceName,omitempty"`
	Description *string `json:"description,omitempty"`
}

// CreateService makes a service. Errors: InvalidArgument, ServiceAlreadyExists.
func (c *Client) CreateService(ctx context.Context, name, description string) (*Service, error) {
	s := new(Service)
	etag, err := c.send(ctx, http.MethodPost, "/2016-08-15/services", nil, "", serviceInput{name, &description}, s)
	s.ETag = etag
	return s, err
}

// UpdateService changes a service's description. Errors: ServiceNotFound, PreconditionFailed.
func (c *Client) UpdateService(ctx context.Context, name, description, ifMatch string) (*Service, error) {
	s := new(Service)
	etag, err := c.send(ctx, http.MethodPut, servicePath(name), nil, ifMatch, serviceInput{Description: &description}, s)
	s.ETag = etag
	return s, err
}

// Service returns a service, or ServiceNotFound.
func (c *Client) Service(ctx context.Context, name string) (*Service, error) {
	s := new(Service)
	etag, err := c.get(ctx, call{path: servicePath(name)}, s)
	s.ETag = etag
	return s, err
}

// Services returns all services sorted by name.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	all := []Service{}
	err := c.pages(ctx, "/2016-08-15/services", func(p *listing) { all = append(all, p.Services...) })
	return all, err
}

// DeleteService removes an empty service. Errors: ServiceNotFound, ServiceNotEmpty, PreconditionFailed.
func (c *Client) DeleteService(ctx context.Context, name, ifMatch string) error {
	return c.remove(ctx, servicePath(name), ifMatch)
}

// listing is one page of a list.
type listing struct {
	Services  []Service  `json:"services"`
	Functions []Function `json:"functions"`
	NextToken string     `json:"nextToken"`
}

// pages reads a list to its end.
func (c *Client) pages(ctx context.Context, path string, take func(*listing)) error {
	query := url.Values{"limit": {"100"}}
	for {
		var p listing
		if _, err := c.get(ctx, call{path: path, query: query}, &p); err != nil {
			return err
		}
		take(&p)
		if p.NextToken == "" {
			return nil
		}
		query.Set("nextToken", p.NextToken)
	}
}
