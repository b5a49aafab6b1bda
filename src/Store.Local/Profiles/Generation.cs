namespace Firn.Store.Local.Profiles;

/// <summary>One generation of a profile: the symbolic link <c>PROFILE-NUMBER-link</c>.</summary>
/// <param name="Link">Its path.</param>
/// <param name="CreationTime">Seconds since 1970, the time of the link itself.</param>
public readonly record struct Generation(long Number, string Link, long CreationTime);
